#include "train/input_spec.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

InputSpec dataset(std::string_view text) { return parse_dataset(text).value(); }

template <class T>
ErrorCode code(const Result<T>& result) {
  return result ? ErrorCode::kInternal : result.error().code;
}

TEST(InputSpec, HasARoleAPathAndAUri) {
  const InputSpec full = dataset("eval:data/held-out=hf://datasets/acme/mix@main");
  EXPECT_EQ(full, (InputSpec{"dataset", "eval", "", "data/held-out", "hf://datasets/acme/mix@main"}));
  EXPECT_EQ(dataset("data"), (InputSpec{"dataset", "train", "", "data", ""}));
  EXPECT_EQ(parse_base_model("quantize:base=pkg:huggingface/acme/base@1").value(),
            (InputSpec{"model", "", "quantize", "base", "pkg:huggingface/acme/base@1"}));
  EXPECT_EQ(parse_base_model("./base").value().relation, "finetune");
  EXPECT_EQ(parse_other_input("tokenizer:tok").value(), (InputSpec{"tokenizer", "", "", "tok", ""}));
  EXPECT_EQ(parse_resumed("out/step-100").value(), (InputSpec{"model", "", "resume", "out/step-100", ""}));
}

TEST(InputSpec, LetsPathsHaveColonsAndEqualSigns) {
  EXPECT_EQ(dataset("./a:b").path, "./a:b");
  EXPECT_EQ(dataset("lr=1/data").path, "lr=1/data");
  EXPECT_EQ(dataset("lr=1/data=https://a.example/x=y").path, "lr=1/data");
  EXPECT_EQ(dataset("lr=1/data=https://a.example/x=y").uri, "https://a.example/x=y");
}

TEST(InputSpec, RefusesWhatMakesNoSense) {
  EXPECT_EQ(code(parse_dataset("training:data")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_dataset("train:")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_dataset("")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_dataset("\xff")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_base_model("train:base")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_other_input("data")), ErrorCode::kTrainingInput);
  EXPECT_EQ(code(parse_other_input("dataset:data")), ErrorCode::kTrainingInput);
  EXPECT_EQ(parse_dataset("trian:data").error().hint, "did you mean train?");
}

}  // namespace
}  // namespace weightmark
