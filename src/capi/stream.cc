// weightmark_stream.
#include "weightmark/stream.h"

#include "base/try.h"
#include "capi/model.h"

struct weightmark_stream {
  weightmark::VerifiedStream stream;
  weightmark::capi::Flag cancelled;
};

using namespace weightmark;
using namespace weightmark::capi;

namespace {

VerifiedStream::Sink sink_of(weightmark_sink sink, void* context) {
  return [=](std::uint64_t offset, ByteView bytes) -> Result<void> {
    if (sink(context, offset, bytes.data(), bytes.size()) == 0) return {};
    return refuse(ErrorCode::kInterrupted, "who takes the verified bytes wants no more");
  };
}

}  // namespace

int weightmark_model_open_stream(const weightmark_model* model, const char* name, weightmark_sink sink, void* context,
                                 weightmark_stream** stream_out, weightmark_error** error) {
  return make(stream_out, error, [&]() -> Result<std::unique_ptr<weightmark_stream>> {
    WM_CHECK(need(model, "model"));
    WM_TRY(const std::string_view given, text(name, "name"));
    if (sink == nullptr) return refuse(ErrorCode::kUsage, "is NULL", "sink");
    WM_TRY(VerifiedStream stream, model->model.open_stream(given, sink_of(sink, context)));
    return std::make_unique<weightmark_stream>(std::move(stream), model->cancelled);
  });
}

int weightmark_stream_write(weightmark_stream* stream, const void* data, size_t size, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(stream, "stream"));
    WM_TRY(const std::string_view given, view(data, size, "data"));
    return stream->stream.write(as_bytes(given));
  });
}

int weightmark_stream_finish(weightmark_stream* stream, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(stream, "stream"));
    return stream->stream.finish();
  });
}

void weightmark_stream_free(weightmark_stream* stream) { delete stream; }
