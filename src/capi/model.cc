// weightmark_model, and what is opened from one at once.
#include "capi/model.h"

#include "base/try.h"

struct weightmark_file {
  weightmark::VerifiedFile file;
  weightmark::capi::Flag cancelled;
};

struct weightmark_loaded_file {
  weightmark::LoadedFile file;
};

struct weightmark_sealed_copy {
  weightmark::SealedCopy copy;
  std::string path;
};

using namespace weightmark;
using namespace weightmark::capi;

namespace {

// The names are literals, so they end with a NUL.
const char* coverage_text(Coverage coverage) { return coverage_name(coverage).data(); }

// open calls `how` with the name of a file.
template <class Handle, class How>
int open(const weightmark_model* model, const char* name, Handle** handle, weightmark_error** error,
         How&& how) noexcept {
  return make(handle, error, [&]() -> Result<std::unique_ptr<Handle>> {
    WM_CHECK(need(model, "model"));
    WM_TRY(const std::string_view given, text(name, "name"));
    return std::forward<How>(how)(given);
  });
}

}  // namespace

int weightmark_model_open(const weightmark_verify_options* options, weightmark_model** model_out,
                          weightmark_error** error) {
  return make(model_out, error, [&]() -> Result<std::unique_ptr<weightmark_model>> {
    WM_CHECK(need(options, "options"));
    WM_TRY(const VerifyOptions prepared, options->prepared());
    if (prepared.model.empty() && !prepared.signature)
      return refuse(ErrorCode::kUsage, "neither a model nor a signature was set");
    WM_TRY(VerifiedModel model, VerifiedModel::open(prepared));
    return std::make_unique<weightmark_model>(model, weightmark_manifest(model.manifest()),
                                              weightmark_signer(model.signer()), options->cancelled);
  });
}

const weightmark_manifest* weightmark_model_manifest(const weightmark_model* model) { return &model->manifest; }
const weightmark_signer* weightmark_model_signer(const weightmark_model* model) { return &model->signer; }
void weightmark_model_free(weightmark_model* model) { delete model; }

int weightmark_model_check_files(const weightmark_model* model, weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(model, "model"));
    return model->model.check_files();
  });
}

int weightmark_model_open_file(const weightmark_model* model, const char* name, weightmark_file** file_out,
                               weightmark_error** error) {
  return open(model, name, file_out, error, [&](std::string_view given) -> Result<std::unique_ptr<weightmark_file>> {
    WM_TRY(VerifiedFile file, model->model.open_file(given));
    return std::make_unique<weightmark_file>(std::move(file), model->cancelled);
  });
}

const char* weightmark_file_name(const weightmark_file* file) { return file->file.name().c_str(); }
uint64_t weightmark_file_size(const weightmark_file* file) { return file->file.size(); }
const char* weightmark_file_coverage(const weightmark_file* file) { return coverage_text(file->file.coverage()); }

int weightmark_file_read(const weightmark_file* file, uint64_t offset, void* out, size_t size,
                         weightmark_error** error) {
  return guarded(error, [&]() -> Result<void> {
    WM_CHECK(need(file, "file"));
    if (out == nullptr && size > 0) return refuse(ErrorCode::kUsage, "is NULL, but its length is not 0", "out");
    return file->file.read(offset, {static_cast<std::uint8_t*>(out), size});
  });
}

void weightmark_file_free(weightmark_file* file) { delete file; }

int weightmark_model_load_file(const weightmark_model* model, const char* name, weightmark_loaded_file** file_out,
                               weightmark_error** error) {
  return open(model, name, file_out, error,
              [&](std::string_view given) -> Result<std::unique_ptr<weightmark_loaded_file>> {
                WM_TRY(LoadedFile file, model->model.load_file(given));
                return std::make_unique<weightmark_loaded_file>(std::move(file));
              });
}

const char* weightmark_loaded_file_name(const weightmark_loaded_file* file) { return file->file.name().c_str(); }
void* weightmark_loaded_file_data(const weightmark_loaded_file* file) { return file->file.bytes().data(); }
size_t weightmark_loaded_file_size(const weightmark_loaded_file* file) { return file->file.bytes().size(); }

const char* weightmark_loaded_file_coverage(const weightmark_loaded_file* file) {
  return coverage_text(file->file.coverage());
}

void weightmark_loaded_file_free(weightmark_loaded_file* file) { delete file; }

int weightmark_model_seal_copy(const weightmark_model* model, const char* name, weightmark_sealed_copy** copy_out,
                               weightmark_error** error) {
  return open(model, name, copy_out, error,
              [&](std::string_view given) -> Result<std::unique_ptr<weightmark_sealed_copy>> {
                WM_TRY(SealedCopy copy, model->model.seal_copy(given));
                return std::make_unique<weightmark_sealed_copy>(copy, copy.path());
              });
}

const char* weightmark_sealed_copy_name(const weightmark_sealed_copy* copy) { return copy->copy.name().c_str(); }
uint64_t weightmark_sealed_copy_size(const weightmark_sealed_copy* copy) { return copy->copy.size(); }
int weightmark_sealed_copy_descriptor(const weightmark_sealed_copy* copy) { return copy->copy.descriptor(); }
const char* weightmark_sealed_copy_path(const weightmark_sealed_copy* copy) { return copy->path.c_str(); }

const char* weightmark_sealed_copy_coverage(const weightmark_sealed_copy* copy) {
  return coverage_text(copy->copy.coverage());
}

void weightmark_sealed_copy_free(weightmark_sealed_copy* copy) { delete copy; }
