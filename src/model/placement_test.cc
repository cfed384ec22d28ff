#include "model/placement.h"

#include <gtest/gtest.h>

#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;
using testing::TempFolder;
using testing::WorkingFolder;
namespace fs = std::filesystem;

TEST(DefaultSignature, LiesInsideAFolder) {
  TempFolder temp;
  fs::path model = temp.folder("model");
  EXPECT_EQ(default_signature(model), model / "model.sig");
  EXPECT_EQ(default_signature(model.native() + "/"), model / "model.sig");
  WorkingFolder here(model);
  EXPECT_EQ(default_signature("."), "./model.sig");
}

TEST(DefaultSignature, LiesBesideAFile) {
  TempFolder temp;
  fs::path model = temp.write("w.bin", "w");
  EXPECT_EQ(default_signature(model), temp / "w.bin.sig");
}

TEST(FindSignature, LooksInside) {
  TempFolder temp;
  temp.write("model/model.sig", "{}");
  EXPECT_EQ(find_signature(temp / "model"), temp / "model/model.sig");
}

TEST(FindSignature, LooksBesideHoweverTheFolderIsSpelled) {
  TempFolder temp;
  fs::path model = temp.folder("model");
  fs::path signature = temp.write("model.sig", "{}");
  for (const char* end : {"", "/", "//"}) EXPECT_EQ(find_signature(model.native() + end), signature) << end;
  EXPECT_EQ(find_signature(model / "."), signature);
  WorkingFolder here(model);
  EXPECT_EQ(find_signature("."), signature);
  WorkingFolder below(temp.folder("model/sub"));
  EXPECT_EQ(find_signature(".."), signature);
}

TEST(FindSignature, LooksBesideAFile) {
  TempFolder temp;
  temp.write("w.bin", "w");
  fs::path signature = temp.write("w.bin.sig", "{}");
  temp.write("model.sig", "{}");
  EXPECT_EQ(find_signature(temp / "w.bin"), signature);
}

TEST(FindSignature, NamesBothWhenThereAreTwo) {
  TempFolder temp;
  fs::path inside = temp.write("model/model.sig", "{}");
  fs::path outside = temp.write("model.sig", "{}");
  auto found = find_signature(temp / "model");
  ASSERT_EQ(code_of(found), "signature-ambiguous");
  EXPECT_NE(found.error().what.find(inside.native()), std::string::npos);
  EXPECT_NE(found.error().what.find(outside.native()), std::string::npos);
}

TEST(FindSignature, NamesBothPlacesWhenThereIsNone) {
  TempFolder temp;
  temp.write("model/w", "w");
  auto found = find_signature(temp / "model");
  ASSERT_EQ(code_of(found), "signature-not-found");
  EXPECT_NE(found.error().what.find((temp / "model/model.sig").native()), std::string::npos);
  EXPECT_NE(found.error().what.find((temp / "model.sig").native()), std::string::npos);
  EXPECT_EQ(code_of(find_signature(temp / "model/w")), "signature-not-found");
}

TEST(FindSignature, SaysWhenThereIsNoModel) {
  TempFolder temp;
  temp.write("model.sig", "{}");
  EXPECT_EQ(code_of(find_signature(temp / "model")), "model-not-found");
  temp.write("file", "");
  EXPECT_EQ(code_of(find_signature(temp / "file/below")), "model-not-found");
}

TEST(PathInModel, IsRelativeToTheFolder) {
  TempFolder temp;
  fs::path model = temp.folder("model");
  EXPECT_EQ(path_in_model(model, model / "model.sig"), "model.sig");
  EXPECT_EQ(path_in_model(model.native() + "/", model / "a/../b/x.sig"), "b/x.sig");
  EXPECT_EQ(path_in_model(model, temp / "model.sig"), "");
  EXPECT_EQ(path_in_model(model, temp / "models/x.sig"), "");
  WorkingFolder here(model);
  EXPECT_EQ(path_in_model(".", "x.sig"), "x.sig");
  EXPECT_EQ(path_in_model(".", "../x.sig"), "");
}

TEST(PathInModel, SeesThroughLinkedFoldersButNotTheSignatureItself) {
  TempFolder temp;
  fs::path model = temp.folder("model");
  temp.link("alias", "model");
  temp.write("elsewhere.sig", "{}");
  temp.link("model/x.sig", "../elsewhere.sig");
  EXPECT_EQ(path_in_model(temp / "alias", model / "y.sig"), "y.sig");
  EXPECT_EQ(path_in_model(model, temp / "alias/x.sig"), "x.sig");
}

TEST(PathInModel, HasNothingInsideAFile) {
  TempFolder temp;
  fs::path model = temp.write("w.bin", "w");
  EXPECT_EQ(path_in_model(model, temp / "w.bin.sig"), "");
  EXPECT_EQ(path_in_model(model, model), "");
}

}  // namespace
}  // namespace weightmark
