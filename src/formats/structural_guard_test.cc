#include "formats/structural_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/protobuf_testing.h"
#include "formats/zip_testing.h"

namespace weightmark {
namespace {

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
  // A pickle that breaks after it has run
  EXPECT_THAT(facts("model.pkl", "cos\nsystem\n(S'id'\ntR\xfe"sv),
              ElementsAre(fact(kCode, "os.system"), fact(kUnread, "no instruction")));
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
              ElementsAre(fact(kCode, "keras.utils")));
  EXPECT_THAT(facts("m.keras", config(R"({"module":"keras.layers","class_name":"TFSMLayer","config":{}})")),
              ElementsAre(fact(kCode, "TFSMLayer")));
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
  // CVE-2022-25882, CVE-2024-27318
  EXPECT_THAT(facts("m.onnx", proto_field(7, proto_field(5, onnx_external("../../etc/passwd")))),
              ElementsAre(fact(kEscapes, "../../etc/passwd")));
  EXPECT_THAT(facts("m.onnx", proto_field(7, proto_field(5, onnx_external("linked.bin")))),
              ElementsAre(fact(kEscapes, "no file for")));
  EXPECT_THAT(facts("model.safetensors.index.json", R"({"weight_map":{"w":"/etc/passwd"}})"),
              ElementsAre(fact(kEscapes, "/etc/passwd")));
  EXPECT_THAT(facts("m.npz", make_zip({{"../x.bin", "x"}, {"link", "/etc", "", 0, 0, 0, 0120777}})),
              ElementsAre(fact(kEscapes, "leads out"), fact(kEscapes, "symbolic link")));
}

TEST(StructuralGuard, TellsBrokenRules) {
  // MLX took offsets that share bytes
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
