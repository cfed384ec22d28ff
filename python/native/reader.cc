// Models whose files are verified as they are read.
#include "weightmark/reader.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <memory>

#include "native/bindings.h"
#include "native/buffer.h"
#include "native/errors.h"
#include "native/verify_options.h"
#include "native/work.h"
#include "weightmark/content.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

// Model and File keep what their reads look at.
struct Model {
  VerifiedModel model;
  Cancel cancel;
};

struct File {
  VerifiedFile file;
  Cancel cancel;
};

Model open_model(const VerifySettings& settings) {
  Cancel cancel = std::make_shared<std::atomic<bool>>(false);
  const VerifyOptions options = to_options(settings, cancel);
  VerifiedModel model = unwrap(run(cancel, [&] { return VerifiedModel::open(options); }));
  return {std::move(model), std::move(cancel)};
}

// --- LoadedFile

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  static std::array<char, 1> nothing{};
  const std::span<std::uint8_t> bytes = nb::inst_ptr<LoadedFile>(self)->bytes();
  void* begin = bytes.empty() ? static_cast<void*>(nothing.data()) : bytes.data();
  return PyBuffer_FillInfo(view, self, begin, static_cast<Py_ssize_t>(bytes.size()), 0, flags);
}

// slots has no const in Python's interface.
PyType_Slot* buffer_slots() {
  static std::array<PyType_Slot, 2> slots{
      {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)}, {0, nullptr}}};  // NOLINT: as Python has it
  return slots.data();
}

std::string spell(Coverage coverage) { return std::string(coverage_name(coverage)); }

void bind_loaded_file(nb::module_& module) {
  nb::class_<LoadedFile>(module, "LoadedFile", nb::type_slots(buffer_slots()),
                         "A file's verified bytes in memory of this process alone, with the buffer protocol.\n\n"
                         "They may be written to; the file does not change. numpy.frombuffer, memoryview and\n"
                         "torch.frombuffer take it without a copy and keep it alive.\n\n"
                         "Example:\n"
                         "    >>> weights = weightmark.open_verified(\"model\", policy).load(\"weights.bin\")\n"
                         "    >>> memoryview(weights).nbytes\n"
                         "    1000")
      .def_prop_ro("name", &LoadedFile::name, "The file's signed name.")
      .def_prop_ro(
          "nbytes", [](const LoadedFile& file) { return file.bytes().size(); }, "Its size in bytes.")
      .def_prop_ro(
          "coverage", [](const LoadedFile& file) { return spell(file.coverage()); },
          "\"tree\", \"whole\", or \"kernel\" where it is a sealed file's own memory.")
      .def("__len__", [](const LoadedFile& file) { return file.bytes().size(); });
}

void bind_sealed_copy(nb::module_& module) {
  nb::class_<SealedCopy>(module, "SealedCopy",
                         "A file's verified bytes behind a descriptor that nobody can write to.\n\n"
                         "Example:\n"
                         "    >>> sealed = weightmark.open_verified(\"model\", policy).seal(\"config.json\")\n"
                         "    >>> open(sealed.path).read()\n"
                         "    '{}'")
      .def_prop_ro("name", &SealedCopy::name, "The file's signed name.")
      .def_prop_ro("size", &SealedCopy::size, "Its size in bytes.")
      .def_prop_ro("fd", &SealedCopy::descriptor, "Open for reading while this object lives.")
      .def_prop_ro("path", &SealedCopy::path, "/proc/self/fd/N, for libraries that want a path.")
      .def_prop_ro(
          "coverage", [](const SealedCopy& copy) { return spell(copy.coverage()); },
          "\"tree\", \"whole\", or \"kernel\" where it is the sealed file itself.");
}

// --- VerifiedFile

void pread_into(const File& file, std::uint64_t offset, nb::handle out) {
  const Buffer buffer(out, PyBUF_WRITABLE);
  constexpr std::size_t kSmall = std::size_t{1} << 20U;
  const auto read = [&] { return file.file.read(offset, buffer.bytes()); };
  if (buffer.bytes().size() > kSmall) return unwrap(run(file.cancel, read));
  Result<void> status;
  {
    const nb::gil_scoped_release release;
    status = read();
  }
  unwrap(std::move(status));
}

void bind_file(nb::module_& module) {
  nb::class_<File>(module, "File")
      .def_prop_ro("name", [](const File& file) { return file.file.name(); })
      .def_prop_ro("size", [](const File& file) { return file.file.size(); })
      .def_prop_ro("coverage", [](const File& file) { return spell(file.file.coverage()); })
      .def("pread_into", pread_into, "offset"_a, "buffer"_a);
}

// --- VerifiedModel

std::string describe_signer(const SignerReport& signer) {
  if (!signer.identity.names.empty())
    return signer.identity.names.front().value + ", confirmed by " + signer.identity.issuer;
  if (!signer.chain.empty()) return signer.chain.front().subject();
  return signer.key_type + " key " + signer.key_fingerprint;
}

void bind_fact(nb::module_& module) {
  nb::class_<ContentFact>(module, "ContentFact",
                          "What a signed file is, beside being signed; `VerifiedModel.content_facts` finds them.\n\n"
                          "Example:\n"
                          "    >>> weightmark.open_verified(\"model\", policy).content_facts()\n"
                          "    []")
      .def_ro("file", &ContentFact::file, "Its signed name; of a member of an archive \"ARCHIVE!MEMBER\".")
      .def_prop_ro(
          "kind", [](const ContentFact& fact) { return std::string(content_kind_name(fact.kind)); },
          "\"code\", \"disguised\", \"malformed\", \"escapes\", \"inflates\" or \"unread\".")
      .def_ro("detail", &ContentFact::detail, "For people; it may quote the file.")
      .def("__repr__",
           [](const ContentFact& fact) {
             return "<ContentFact " + std::string(content_kind_name(fact.kind)) + ": " + fact.file + ": " +
                    fact.detail + ">";
           })
      .def(
          "__eq__", [](const ContentFact& a, const ContentFact& b) { return a == b; }, nb::is_operator(),
          nb::sig("def __eq__(self, other: object, /) -> bool"));
}

void bind_model(nb::module_& module) {
  nb::class_<Model>(module, "Model")
      .def_prop_ro("manifest", [](const Model& model) { return model.model.manifest(); })
      .def_prop_ro("signer", [](const Model& model) { return describe_signer(model.model.signer()); })
      .def("check_files",
           [](const Model& model) { unwrap(run(model.cancel, [&] { return model.model.check_files(); })); })
      .def("content_facts",
           [](const Model& model) { return unwrap(run(model.cancel, [&] { return content_facts(model.model); })); })
      .def(
          "open",
          [](const Model& model, const std::string& name) {
            return File{unwrap(run(model.cancel, [&] { return model.model.open_file(name); })), model.cancel};
          },
          "name"_a)
      .def(
          "load",
          [](const Model& model, const std::string& name) {
            return unwrap(run(model.cancel, [&] { return model.model.load_file(name); }));
          },
          "name"_a)
      .def(
          "seal",
          [](const Model& model, const std::string& name) {
            return unwrap(run(model.cancel, [&] { return model.model.seal_copy(name); }));
          },
          "name"_a);
}

}  // namespace

void bind_reader(nb::module_& module) {
  bind_loaded_file(module);
  bind_sealed_copy(module);
  bind_file(module);
  bind_fact(module);
  bind_model(module);
  module.def("open_model", open_model, "settings"_a);
}

}  // namespace weightmark::python
