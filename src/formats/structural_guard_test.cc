#include "formats/structural_guard.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "formats/protobuf_testing.h"
#include "formats/tar_testing.h"
#include "formats/zip_testing.h"

namespace weightmark {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<ContentFact> facts(std::string_view name, std::string_view bytes) {
  return facts_of(name, MemoryContent(as_bytes(bytes)), [](std::string_view file) { return file == "weights.bin"; })
      .value();
}

auto fact(ContentKind kind, std::string_view detail) {
  return AllOf(Field(&ContentFact::kind, kind), Field(&ContentFact::detail, HasSubstr(std::string(detail))));
}

using enum ContentKind;

constexpr std::string_view kSystem = "cos\nsystem\n(S'id'\ntR."sv;
constexpr std::string_view kTensors =
    "\x80\x02"
    "ctorch._utils\n_rebuild_tensor_v2\n."sv;

std::string safetensors(std::string_view header, std::size_t data) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(header.size());
  return out + std::string(header) + std::string(data, 'x');
}

const std::string kGoodSafetensors = safetensors(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);

TEST(StructuralGuard, HasNothingToSayOfPlainFiles) {
  EXPECT_THAT(facts("model.safetensors", kGoodSafetensors), IsEmpty());
  EXPECT_THAT(facts("config.json", R"({"architectures":["Bert"]})"), IsEmpty());
  EXPECT_THAT(facts("README.md", "# A model"), IsEmpty());
  EXPECT_THAT(facts("pytorch_model.bin", make_zip({{"m/data.pkl", std::string(kTensors)}, {"m/data/0", "xxxx"}})),
              IsEmpty());
  EXPECT_THAT(facts("weights.bin", "MZ is how these random bytes begin"), IsEmpty());
  EXPECT_THAT(facts("model.onnx", proto_field(7, proto_field(5, onnx_external("weights.bin")))), IsEmpty());
}

TEST(StructuralGuard, TellsCode) {
  EXPECT_THAT(facts("modeling.py", "import os"), ElementsAre(fact(kCode, "Python source")));
  EXPECT_THAT(facts("ops",
                    "\x7f"
                    "ELF\x02\x01\x01"),
              ElementsAre(fact(kCode, "ELF")));
  EXPECT_THAT(facts("libop.so.1", "x"), ElementsAre(fact(kCode, "native library")));
  EXPECT_THAT(facts("model.engine", "ftrt...."), ElementsAre(fact(kCode, "TensorRT")));
  EXPECT_THAT(facts("chat_template.jinja", "{{ x }}"), ElementsAre(fact(kCode, "chat template")));
  EXPECT_THAT(facts("tokenizer_config.json", R"({"chat_template":"{{ x }}"})"),
              ElementsAre(fact(kCode, "chat template")));
  EXPECT_THAT(facts("config.json", R"({"auto_map":{"AutoModel":"modeling.Model"}})"),
              ElementsAre(fact(kCode, "auto_map")));
  // CVE-2025-32434: torch.load(weights_only=True) handed such a file to torch.jit.load
  EXPECT_THAT(facts("model.pt", make_zip({{"m/code/__torch__/m.py", "def f(): pass"}, {"m/data.pkl", "\x80\x02N."}})),
              ElementsAre(fact(kCode, "TorchScript")));
  EXPECT_THAT(facts("model.pt2", make_zip({{"m/aot/model.so", "x"}})), ElementsAre(fact(kCode, "native library")));
  EXPECT_THAT(facts("a.npy", "\x93NUMPY\x01\x00\x17\x00{'descr': '|O', 'shape'}cos\nsystem\n."sv),
              ElementsAre(fact(kCode, "array of objects"), fact(kCode, "os.system")));
}

// Ways past scanners of pickles, by their CVE.
TEST(StructuralGuard, TellsPicklesHoweverTheyAreWrapped) {
  EXPECT_THAT(facts("model.pkl", kSystem), ElementsAre(fact(kCode, "os.system")));
  // 2025-1716: a name that no list of bad ones had; 2025-10157: one below a listed one
  EXPECT_THAT(facts("model.pkl", "cpip\nmain\n(l.R."sv), Contains(fact(kCode, "pip.main")));
  EXPECT_THAT(facts("model.pkl", "casyncio.unix_events\n_UnixSubprocessTransport._start\n."sv),
              ElementsAre(fact(kCode, "asyncio.unix_events")));
  // 2025-1889, 2025-10155: a pickle by another extension, in an archive or for itself
  EXPECT_THAT(facts("model.pt", make_zip({{"m/data.pkl", std::string(kTensors)},
                                          {"m/config.p", "\x80\x02" + std::string(kSystem)}})),
              ElementsAre(fact(kCode, "os.system")));
  EXPECT_THAT(facts("notes.txt", "\x80\x02" + std::string(kSystem)),
              ElementsAre(fact(kDisguised, "a pickle"), fact(kCode, "os.system")));
  // 2025-1944, 2025-1945: the archive describes a member in two ways
  EXPECT_THAT(facts("model.pt", make_zip({{"m/data.pkl", std::string(kSystem), "m/other"}})),
              ElementsAre(fact(kMalformed, "also m/other"), fact(kCode, "os.system")));
  EXPECT_THAT(facts("model.pt", make_zip({{"m/data.pkl", std::string(kSystem), "", 1, 0}})),
              Contains(fact(kCode, "os.system")));
  // 2025-10156: a wrong checksum
  EXPECT_THAT(facts("model.pt", make_zip({{"m/data.pkl", std::string(kSystem), "", 0, 0, 0, 0100644, 1}})),
              ElementsAre(fact(kMalformed, "checksum"), fact(kCode, "os.system")));
  // 2026-56304: a class that opens a file to write into; 2026-56315: parts of Python's own
  // library that start programs
  EXPECT_THAT(facts("model.pkl", "clogging\nFileHandler\n(S'planted'\ntR."sv),
              ElementsAre(fact(kCode, "calls logging.FileHandler")));
  for (const std::string_view name : {"uuid\n_get_command_stdout", "imaplib\nIMAP4_stream", "_pyrepl.pager\npipe_pager",
                                      "_osx_support\n_read_output", "_aix_support\n_read_cmd_output"}) {
    std::string told(name);
    std::ranges::replace(told, '\n', '.');
    EXPECT_THAT(facts("model.pkl", fmt::format("c{}\n(S'id'\ntR.", name)), ElementsAre(fact(kCode, "calls " + told)));
  }
  // One without a sign of its own, where torch.load looks for pickles; and bytes that are none
  for (const std::string_view name : {"model.bin", "model.pt", "model.pth", "model.ckpt"})
    EXPECT_THAT(facts(name, kSystem), ElementsAre(fact(kCode, "os.system"))) << name;
  EXPECT_THAT(facts("model.bin", "(c\x03\xf1\x11\n\x8d.\n)R\xff."sv), IsEmpty());
  EXPECT_THAT(facts("model.pth", "custom_folder\nother_folder\nthe_third\n"), IsEmpty());
  // A pickle that breaks after it has run
  EXPECT_THAT(facts("model.pkl", "cos\nsystem\n(S'id'\ntR\xfe"sv),
              ElementsAre(fact(kCode, "os.system"), fact(kUnread, "no instruction")));
}

// CVE-2026-24747: the unpickler of weights_only=True took a count for a storage's size that the
// archive has not, and put items into tensors.
TEST(StructuralGuard, TellsPicklesThatWriteOverMemory) {
  const auto pickle = [](std::string_view count) {
    return "\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00"
           "0X\x03\x00\x00\x00"
           "cpu"s +
           std::string(count) + "tQ.";
  };
  const auto model = [&](std::string_view count) {
    return make_zip({{"m/data.pkl", pickle(count)}, {"m/data/0", "8 bytes."}});
  };
  EXPECT_THAT(facts("model.pt", model("K\x02")), IsEmpty());
  EXPECT_THAT(facts("model.pt", model("M\x00\x10"sv)),
              ElementsAre(fact(kMalformed, "the storage 0 has 16384 bytes, not 8")));
  EXPECT_THAT(facts("model.pt", model("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40"sv)),
              ElementsAre(fact(kMalformed, "the storage 0 has 18446744073709551615 bytes, not 8")));
  EXPECT_THAT(facts("model.pt", make_zip({{"m/data.pkl",
                                           "\x80\x02"
                                           "ctorch._utils\n_rebuild_tensor_v2\n)RK\x00K\x01s."s}})),
              ElementsAre(fact(kMalformed, "puts items into what torch._utils._rebuild_tensor_v2 makes")));
}

// little writes numbers as PyTorch's old files have them.
std::string little(std::uint64_t value, unsigned bytes) {
  std::string out;
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
  return out;
}

// What torch.save wrote in its first year.
struct OldCheckpoint {
  std::string storages = "\x80\x02K\x02."s + storage("Float", 640) + std::string(2560, 'x') + storage("Long", 1) +
                         "8 bytes." + "\x80\x02]."s;
  std::string tensors =
      "\x80\x02K\x01."s + tensor() + little(2, 4) + little(0, 4) + std::string(4 * 8, '\x80') + little(0, 8);
  std::string pickle =
      "\x80\x02"
      "ccollections\nOrderedDict\n)R.";

  static std::string storage(std::string_view type, std::uint64_t count) {
    return fmt::format(
               "\x80\x02(K\x07U\x03"
               "cpuctorch\n{}Storage\nt.",
               type) +
           little(count, 8);
  }
  static std::string tensor() {
    return "\x80\x02(K\x08K\x07"
           "ctorch\nFloatTensor\nt.";
  }

  std::vector<TestTarMember> members() const {
    return {{"sys_info", "\x80\x02}."}, {"pickle", pickle}, {"tensors", tensors}, {"storages", storages}};
  }
  std::vector<ContentFact> told() const { return facts("model.pt", make_tar(members())); }
};

TEST(StructuralGuard, LooksIntoOldCheckpoints) {
  const OldCheckpoint good;
  EXPECT_THAT(good.told(), IsEmpty());
  OldCheckpoint bad = good;
  bad.pickle = kSystem;  // of a protocol that has no sign of its own
  EXPECT_THAT(bad.told(), ElementsAre(fact(kCode, "os.system")));
  // A pickle that stands behind the elements of a storage, or the shape of a tensor
  bad = good;
  bad.storages += kSystem;
  EXPECT_THAT(bad.told(), ElementsAre(fact(kCode, "os.system"), fact(kUnread, "leads on to what is not known")));
  bad = good;
  bad.tensors += kSystem;
  EXPECT_THAT(bad.told(), ElementsAre(fact(kCode, "os.system"), fact(kUnread, "leads on to what is not known")));
  bad = good;
  bad.storages = "\x80\x02K\x01."s + OldCheckpoint::storage("Double", 3) + "8 bytes.";
  EXPECT_THAT(bad.told(), ElementsAre(fact(kMalformed, "a storage of 3 elements, which reaches past")));
  bad.storages = "\x80\x02K\x01."s + OldCheckpoint::storage("Double", (std::uint64_t{1} << 61U) + 1) + "8 bytes.";
  EXPECT_THAT(bad.told(), ElementsAre(fact(kMalformed, "a storage of 2305843009213693953 elements")));
  bad = good;
  bad.tensors = "\x80\x02K\x01."s + OldCheckpoint::tensor() + little(3, 4) + std::string(12, '\0');
  EXPECT_THAT(bad.told(), ElementsAre(fact(kMalformed, "a tensor of 3 dimensions, which reaches past")));
  bad = good;
  bad.storages =
      "\x80\x02K\x01.\x80\x02"
      "ctorch\nFloatStorage\n0ctorch\nLongStorage\n."s;
  EXPECT_THAT(bad.told(), ElementsAre(fact(kUnread, "leads on to what is not known")));
}

TEST(StructuralGuard, TellsWhatTarArchivesHide) {
  const auto told = [](const TestTarMember& member) {
    return facts("model.tar", make_tar({{"weights", std::string(kSystem)}, {"weights.bin", "x"}, member}));
  };
  EXPECT_THAT(told({"README.md", "# A model"}), IsEmpty());
  EXPECT_THAT(told({"../x", "x"}), ElementsAre(fact(kEscapes, "leads out")));
  EXPECT_THAT(told({"/etc/cron.d/x", "x"}), ElementsAre(fact(kEscapes, "leads out")));
  // torch.load unpacks "storages" and opens what is there then
  EXPECT_THAT(told({"storages", "", '2', "/etc/passwd"}), ElementsAre(fact(kEscapes, "symbolic link to /etc/passwd")));
  EXPECT_THAT(told({"storages", "", '1', "../other"}), ElementsAre(fact(kEscapes, "a link to ../other, which")));
  EXPECT_THAT(told({"pickle", "", '1', "weights"}), ElementsAre(fact(kCode, "os.system")));
  EXPECT_THAT(told({"x", "", '3'}), ElementsAre(fact(kEscapes, "is a device")));
  EXPECT_THAT(told({"weights.bin", "again"}), ElementsAre(fact(kMalformed, "two members")));
  // Members are looked into as files of a model are
  EXPECT_THAT(told({"m/run.py", "import os"}), ElementsAre(fact(kCode, "Python source")));
  EXPECT_THAT(told({"m/data.npz", make_zip({{"../x", "x"}})}), ElementsAre(fact(kEscapes, "leads out")));
  EXPECT_THAT(told({"m.onnx", proto_field(7, proto_field(5, onnx_external("weights.bin")))}), IsEmpty());
  EXPECT_THAT(told({"m.onnx", proto_field(7, proto_field(5, onnx_external("other.bin")))}),
              ElementsAre(fact(kEscapes, "no file for")));
  EXPECT_THAT(told({"m.tar", make_tar({{"a", "x"}})}), ElementsAre(fact(kUnread, "a tar archive within one")));
  EXPECT_EQ(told({"m/run.py", "x"}).at(0).file, "model.tar!m/run.py");
  std::vector<TestTarMember> links{{"a", "x"}};
  for (int i = 0; i < 17; ++i) links.push_back({fmt::format("{}", i), "", '1', "a"});
  EXPECT_THAT(facts("model.tar", make_tar(links)), ElementsAre(fact(kUnread, "one of too many links")));
}

TEST(StructuralGuard, KnowsTarArchivesByTheirChecksum) {
  const auto begins = [](std::string_view name) {
    return tar_member({std::string(name), "x", '0', "", std::string(8, '\0')}) + std::string(1024, '\0');
  };
  EXPECT_THAT(facts("model.bin", make_tar({{"pickle", std::string(kSystem), '0', "", std::string(8, '\0')}})),
              ElementsAre(fact(kCode, "os.system")));
  EXPECT_THAT(facts("model.safetensors", begins("a")), ElementsAre(fact(kDisguised, "is a tar archive")));
  EXPECT_THAT(facts("model.ckpt", begins("\x89HDF\r\n\x1a\n")),
              ElementsAre(fact(kDisguised, "an HDF5 file and a tar archive as well")));
  EXPECT_THAT(facts("model.tar", make_zip({{"a", "x"}})), ElementsAre(fact(kDisguised, "a ZIP archive")));
}

TEST(StructuralGuard, TellsWhatKerasRuns) {
  const auto config = [](std::string_view json) {
    return make_zip({{"metadata.json", "{}"}, {"config.json", std::string(json)}});
  };
  EXPECT_THAT(facts("m.keras", config(R"({"module":"keras.layers","class_name":"Dense","config":{}})")), IsEmpty());
  EXPECT_THAT(facts("m.keras", config(R"({"module":"keras.layers","class_name":"Lambda","config":{}})")),
              ElementsAre(fact(kCode, "Lambda")));
  // CVE-2025-1550, CVE-2025-8747, CVE-2026-1462
  EXPECT_THAT(facts("m.keras", config(R"({"layers":[{"module":"os","class_name":"system","config":"id"}]})")),
              ElementsAre(fact(kCode, "os.system")));
  EXPECT_THAT(facts("m.keras", config(R"([{"module":"keras.utils","class_name":"function","config":"get_file"}])")),
              ElementsAre(fact(kCode, "calls keras.utils.get_file")));
  EXPECT_THAT(facts("m.keras", config(R"({"module":"keras.layers","class_name":"TFSMLayer","config":{}})")),
              ElementsAre(fact(kCode, "TFSMLayer")));
  // CVE-2025-9906: the first object ends the safe mode, the second is what that was to refuse
  EXPECT_THAT(facts("m.keras", config(R"([{"module":"keras.config","class_name":"function",)"
                                      R"("config":"enable_unsafe_deserialization"},)"
                                      R"({"module":"keras.layers","class_name":"Lambda","config":{}}])")),
              ElementsAre(fact(kCode, "calls keras.config.enable_unsafe_deserialization"), fact(kCode, "Lambda")));
  EXPECT_THAT(facts("m.keras", config(R"({"module":"keras.src.saving.serialization_lib",)"
                                      R"("class_name":"enable_unsafe_deserialization","config":{}})")),
              ElementsAre(fact(kCode, "calls keras.src.saving.serialization_lib.enable_unsafe_deserialization")));
  EXPECT_THAT(facts("m.keras", config(R"([{"module":"builtins","class_name":"function","config":"relu"},)"
                                      R"({"module":"keras.activations","class_name":"function","config":"gelu"},)"
                                      R"({"module":"keras.src.losses.losses","class_name":"function","config":"mse"},)"
                                      R"({"class_name":"__tensor__","config":{}}])")),
              IsEmpty());
  // CVE-2025-9905: the old format
  EXPECT_THAT(facts("m.h5", "\x89HDF\r\n\x1a\n....{\"class_name\": \"Lambda\"}"), ElementsAre(fact(kCode, "Lambda")));
  EXPECT_THAT(facts("m.keras", make_zip({{"config.json", "x", "", 0, 0, 8}})),
              ElementsAre(fact(kUnread, "compressed")));
}

TEST(StructuralGuard, TellsDisguises) {
  EXPECT_THAT(facts("model.safetensors", make_zip({{"a", "x"}})), ElementsAre(fact(kDisguised, "a ZIP archive")));
  EXPECT_THAT(facts("model.gguf", kGoodSafetensors), ElementsAre(fact(kDisguised, "safetensors")));
  EXPECT_THAT(facts("model.bin", kGoodSafetensors + make_zip({{"a", "x"}})), Contains(fact(kDisguised, "as well")));
}

TEST(StructuralGuard, TellsPathsThatLeave) {
  EXPECT_THAT(facts("model.safetensors.index.json", R"({"weight_map":{"w":"/etc/passwd"}})"),
              ElementsAre(fact(kEscapes, "/etc/passwd")));
  EXPECT_THAT(facts("m.npz", make_zip({{"../x.bin", "x"}, {"link", "/etc", "", 0, 0, 0, 0120777}})),
              ElementsAre(fact(kEscapes, "leads out"), fact(kEscapes, "symbolic link")));
}

// What onnx.load would open beside the model, by the CVE. Signed files are regular ones,
// so that a tensor's file that is a link, or behind one, is not among them.
TEST(StructuralGuard, TellsFilesOfOnnxTensors) {
  const auto model = [](std::string_view location) { return proto_field(7, proto_field(5, onnx_external(location))); };
  const auto leads_to = [](const std::string& file) {
    return AllOf(Field(&ContentFact::kind, kEscapes), Field(&ContentFact::detail, "has tensors in " + file));
  };
  // 2022-25882, 2024-27318: up and out, also after a folder that goes down first
  EXPECT_THAT(facts("m.onnx", model("../../etc/passwd")), ElementsAre(leads_to("../../etc/passwd")));
  EXPECT_THAT(facts("m.onnx", model("a/../../etc/passwd")), ElementsAre(leads_to("a/../../etc/passwd")));
  EXPECT_THAT(facts("m.onnx", model("/etc/passwd")), ElementsAre(leads_to("/etc/passwd")));
  // 2026-27489: a folder on the way is a symbolic link
  EXPECT_THAT(facts("m.onnx", model("linked_folder/weights.bin")),
              ElementsAre(fact(kEscapes, "linked_folder/weights.bin, which the model has no file for")));
  // 2026-34447: the file itself is one
  EXPECT_THAT(facts("m.onnx", model("symlink.bin")),
              ElementsAre(fact(kEscapes, "symlink.bin, which the model has no file for")));
  // 2026-34446: another name of a file elsewhere, put beside the model after it was signed
  EXPECT_THAT(facts("m.onnx", model("hardlink.bin")),
              ElementsAre(fact(kEscapes, "hardlink.bin, which the model has no file for")));
  EXPECT_THAT(facts("folder/m.onnx", model("weights.bin")), ElementsAre(fact(kEscapes, "no file for")));
}

TEST(StructuralGuard, TellsTensorsThatAreNotThere) {
  // mlx#3363: a large shape over few bytes; mlx#3409: over bytes that the file does not have
  EXPECT_THAT(
      facts("m.safetensors", safetensors(R"({"t":{"dtype":"F32","shape":[1000,1000],"data_offsets":[0,4]}})", 4)),
      ElementsAre(fact(kMalformed, "type and shape are not those of bytes 0 to 4")));
  EXPECT_THAT(
      facts("m.safetensors", safetensors(R"({"t":{"dtype":"F32","shape":[1000,1000],"data_offsets":[0,4000000]}})", 4)),
      ElementsAre(fact(kMalformed, "the tensors have 4000000 bytes, the file 4")));
}

TEST(StructuralGuard, TellsEnginesOfTensorRt) {
  // CVE-2026-24188, of which it is known that it writes out of bounds, and no more: an engine
  // is told whatever it holds, by its bytes and by its name.
  EXPECT_THAT(facts("model.plan", "ftrt...."), ElementsAre(fact(kCode, "is a TensorRT engine")));
  EXPECT_THAT(facts("model.bin", "ptrt...."), ElementsAre(fact(kCode, "is a TensorRT engine")));
  EXPECT_THAT(facts("model.engine", "\x01\x02\x03"), ElementsAre(fact(kCode, "is a TensorRT engine")));
}

TEST(StructuralGuard, TellsBrokenRules) {
  EXPECT_THAT(facts("m.safetensors", safetensors(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                                 R"("v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                                                 12)),
              ElementsAre(fact(kMalformed, "header")));
  EXPECT_THAT(facts("m.gguf", "GGUF\x03\x00\x00\x00"sv), ElementsAre(fact(kMalformed, "")));
  EXPECT_THAT(facts("config.json", "{"), ElementsAre(fact(kMalformed, "no JSON")));
  EXPECT_THAT(facts("m.onnx", proto_varint(7U << 3U | 2U) + proto_varint(100)), ElementsAre(fact(kMalformed, "past")));
}

TEST(StructuralGuard, TellsWhatGrows) {
  TestMember bomb{"m/data/0", "x", "", 0, 0, 8};
  bomb.size_change = 0x7fffffff;
  EXPECT_THAT(facts("m.npz", make_zip({bomb})), Contains(fact(kInflates, "grows")));
}

}  // namespace
}  // namespace weightmark
