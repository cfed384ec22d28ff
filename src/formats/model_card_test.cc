#include "formats/model_card.h"

#include <gtest/gtest.h>

#include "formats/front_matter.h"

namespace weightmark {
namespace {

std::string code_of(const auto& result) { return result ? "ok" : std::string(code_name(result.error().code)); }

using Texts = std::vector<std::string>;

constexpr std::string_view kCard = R"(---
language: no
# chosen by counsel
license: other  # see below
license_name: acme-1
base_model:
- acme/tiny   # the small one
- acme/other

datasets: [acme/mix, "acme/more"]
tags:
- text-generation
- 2026
- yes
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    metrics:
    - {type: accuracy, value: 0.910, verified: false}
extra: &e {a: ~}
again: *e
---

# Tiny

---
license: mit
---
)";

TEST(FrontMatter, IsBetweenTheFirstTwoLinesOfDashes) {
  const auto yaml = [](std::string_view text) {
    const auto found = find_front_matter(text);
    return found ? std::string(found->yaml) : "none";
  };
  EXPECT_EQ(yaml("---\na: b\n---\nbody\n---\n"), "a: b\n");
  EXPECT_EQ(yaml(" \n\n---\na: b\n---"), "a: b\n");
  EXPECT_EQ(yaml("---\r\na: b\r\n---\r\nbody"), "a: b\r\n");
  EXPECT_EQ(yaml("---\ra: b\r---\rbody"), "a: b\r");
  EXPECT_EQ(yaml("---\n---\n"), "");
  EXPECT_EQ(yaml("---\na: |\n  x\n  ---\n---\n"), "a: |\n  x\n  ---\n");
  for (const char* text : {"", "---", "---\n", "---\na: b\n", "--- \na: b\n---\n", "----\na: b\n---\n",
                           "a\n---\nb: c\n---\n", "---\na: b\n --- \n", "---\na: b\n----\n"})
    EXPECT_EQ(yaml(text), "none") << text;
}

TEST(ModelCard, ReadsFrontMatter) {
  const auto card = parse_card(kCard);
  ASSERT_EQ(code_of(card), "ok") << describe(card.error());
  EXPECT_TRUE(card->has_front_matter);
  EXPECT_EQ(card->licenses, Texts{"other"});
  EXPECT_EQ(card->license_name, "acme-1");
  EXPECT_EQ(card->base_models, (Texts{"acme/tiny", "acme/other"}));
  EXPECT_EQ(card->datasets, (Texts{"acme/mix", "acme/more"}));
  EXPECT_EQ(card->tags, (Texts{"text-generation", "2026", "yes"}));
  EXPECT_TRUE(card->has_model_index);
  EXPECT_EQ(card->signature, "");
}

TEST(ModelCard, TakesOneForAList) {
  const auto card = parse_card(
      "---\nbase_model: acme/tiny\nlicense: [mit, apache-2.0]\ndatasets:\ntags: [a, ~]\n"
      "base_model_relation: quantized\nlibrary_name: peft\npipeline_tag: text-generation\n---\n");
  ASSERT_EQ(code_of(card), "ok") << describe(card.error());
  EXPECT_EQ(card->base_models, Texts{"acme/tiny"});
  EXPECT_EQ(card->licenses, (Texts{"mit", "apache-2.0"}));
  EXPECT_EQ(card->datasets, Texts{});
  EXPECT_EQ(card->tags, Texts{"a"});
  EXPECT_EQ(card->base_model_relation, "quantized");
  EXPECT_EQ(card->library_name, "peft");
  EXPECT_EQ(card->pipeline_tag, "text-generation");
}

TEST(ModelCard, MayHaveNone) {
  EXPECT_FALSE(parse_card("# Tiny\n").value().has_front_matter);
  EXPECT_FALSE(parse_card("").value().has_front_matter);
  EXPECT_TRUE(parse_card("---\n---\n").value().has_front_matter);
  EXPECT_TRUE(parse_card("---\n# nothing\n---\n").value().has_front_matter);
}

TEST(ModelCard, ReadsPointers) {
  const auto card = parse_card(
      "---\nsupply_chain:\n  signature: model.sig\n  provenance: model.sig.d/slsaprovenance1.sig\n  other: [x]\n---\n");
  ASSERT_EQ(code_of(card), "ok");
  EXPECT_EQ(card->signature, "model.sig");
  EXPECT_EQ(card->provenance, "model.sig.d/slsaprovenance1.sig");
  EXPECT_EQ(parse_card("---\nsupply_chain: global\n---\n").value().signature, "");
  for (const char* path :
       {"../model.sig", "/etc/passwd", "a/../../b", "https://example.com/x", "a//b", "a\\b", "./a", "a/"})
    EXPECT_EQ(code_of(parse_card("---\nsupply_chain: {signature: '" + std::string(path) + "'}\n---\n")),
              "card-malformed")
        << path;
}

TEST(ModelCard, RefusesWhatCannotBeRead) {
  for (const auto& [text, code] : std::initializer_list<std::pair<std::string, std::string>>{
           {"---\nlicense: [mit\n---\n", "card-malformed"},
           {"---\nlicense: mit\nlicense: apache-2.0\n---\n", "card-malformed"},
           {"---\nlicense: !!python/object:x y\n---\n", "card-malformed"},
           {"---\nlicense: \xff\n---\n", "card-malformed"},
           {"---\n- license\n---\n", "card-malformed"},
           {"---\nlicense\n---\n", "card-malformed"},
           {"---\nlicense: {id: mit}\n---\n", "card-malformed"},
           {"---\nlicense_name: [a]\n---\n", "card-malformed"},
           {"---\nbase_model: [[a]]\n---\n", "card-malformed"},
           {"---\ntags: [" +
                [] {
                  std::string many;
                  for (int i = 0; i < 10'001; ++i) many += "a,";
                  return many;
                }() +
                "]\n---\n",
            "card-malformed"},
           {std::string(kMaxCardSize + 1, ' '), "card-too-large"},
       })
    EXPECT_EQ(code_of(parse_card(text)), code) << text.substr(0, 100);
}

TEST(ModelCard, KnowsRepositoriesOfTheHub) {
  const auto name = [](std::string_view uri) { return hub_repository(uri).value_or("none"); };
  EXPECT_EQ(name("hf://datasets/acme/mix@5503434ddd"), "acme/mix");
  EXPECT_EQ(name("hf://acme/tiny@refs/tags/v1"), "acme/tiny");
  EXPECT_EQ(name("hf://datasets/squad"), "squad");
  EXPECT_EQ(name("pkg:huggingface/acme/tiny@043235d6"), "acme/tiny");
  EXPECT_EQ(name("https://huggingface.co/acme/tiny/tree/main"), "acme/tiny");
  EXPECT_EQ(name("https://huggingface.co/datasets/acme/mix?x"), "acme/mix");
  for (const char* uri :
       {"file:///data/mix", "s3://bucket/mix", "hf://", "hf://datasets/", "hf://acme/../x", "hf://a b/c", ""})
    EXPECT_EQ(name(uri), "none") << uri;
}

// --- editing

std::string edit(std::string_view text, const CardChanges& changes) {
  const auto result = edit_card(text, changes);
  return result ? *result : describe(result.error());
}

TEST(EditCard, TouchesOnlyTheLinesOfWhatItSets) {
  CardChanges changes;
  changes.license = "apache-2.0";
  changes.base_models = Texts{"acme/new"};
  changes.datasets = Texts{"acme/mix"};
  changes.signature = "model.sig";
  std::string wanted(kCard);
  const auto swap = [&](std::string_view from, std::string_view to) {
    wanted.replace(wanted.find(from), from.size(), to);
  };
  swap("license: other  # see below", "license: apache-2.0  # see below");
  swap("base_model:\n- acme/tiny   # the small one\n- acme/other\n", "base_model: acme/new\n");
  swap("datasets: [acme/mix, \"acme/more\"]", "datasets:\n- acme/mix");
  swap("again: *e\n", "again: *e\nsupply_chain:\n  signature: model.sig\n");
  EXPECT_EQ(edit(kCard, changes), wanted);
  EXPECT_EQ(edit(wanted, changes), wanted);  // nothing is left to do
}

TEST(EditCard, ChangesNothingWhereNothingIsSet) {
  EXPECT_EQ(edit(kCard, {}), kCard);
  CardChanges same;
  same.license = "other";
  same.base_models = Texts{"acme/tiny", "acme/other"};
  same.datasets = Texts{"acme/mix", "acme/more"};
  EXPECT_EQ(edit(kCard, same), kCard);
  CardChanges one;
  one.base_models = Texts{"acme/tiny"};
  EXPECT_EQ(edit("---\nbase_model: [acme/tiny]\n---\n", one), "---\nbase_model: [acme/tiny]\n---\n");
}

TEST(EditCard, MakesFrontMatterWhereThereIsNone) {
  CardChanges changes;
  changes.license = "mit";
  EXPECT_EQ(edit("# Tiny\n", changes), "---\nlicense: mit\n---\n\n# Tiny\n");
  EXPECT_EQ(edit("", changes), "---\nlicense: mit\n---\n");
  EXPECT_EQ(edit("---\nnot closed\n", changes), "---\nlicense: mit\n---\n\n---\nnot closed\n");
  EXPECT_EQ(edit("---\n---\nx", changes), "---\nlicense: mit\n---\nx");
  EXPECT_EQ(edit("---\r\nlanguage: en\r\n---\r\nx\r\n", changes),
            "---\r\nlanguage: en\r\nlicense: mit\r\n---\r\nx\r\n");
  EXPECT_EQ(edit("# Tiny\n", {}), "# Tiny\n");
}

TEST(EditCard, QuotesWhatReadsAsSomethingElse) {
  CardChanges changes;
  changes.license = "no";
  changes.license_name = "Acme: #1 \"licence\"";
  changes.license_link = "https://example.com/licence";
  changes.base_model_relation = "1.0";
  changes.datasets = Texts{"null", "acme/mix", "- a"};
  const std::string text = edit("---\n  language: en\n---\n", changes);
  EXPECT_EQ(text,
            "---\n  language: en\n  license: \"no\"\n  license_name: \"Acme: #1 \\\"licence\\\"\"\n"
            "  license_link: \"https://example.com/licence\"\n  base_model_relation: \"1.0\"\n"
            "  datasets:\n  - \"null\"\n  - acme/mix\n  - \"- a\"\n---\n");
  const auto card = parse_card(text);
  ASSERT_EQ(code_of(card), "ok");
  EXPECT_EQ(card->license_name, *changes.license_name);
  EXPECT_EQ(card->datasets, *changes.datasets);
}

TEST(EditCard, KeepsWhatOthersHaveInTheBlockOfPointers) {
  CardChanges changes;
  changes.signature = "model.sig";
  changes.provenance = "model.sig.d/slsaprovenance1.sig";
  EXPECT_EQ(edit("---\nsupply_chain:\n  sbom: bom.json\n  signature: old.sig\nlicense: mit\n---\n", changes),
            "---\nsupply_chain:\n  provenance: model.sig.d/slsaprovenance1.sig\n  sbom: bom.json\n"
            "  signature: model.sig\nlicense: mit\n---\n");
  EXPECT_EQ(edit("---\nsupply_chain:\n---\n", changes),
            "---\nsupply_chain:\n  provenance: model.sig.d/slsaprovenance1.sig\n  signature: model.sig\n---\n");
}

TEST(EditCard, KeepsACommentBehindOtherLetters) {
  CardChanges changes;
  changes.license_name = "x";
  EXPECT_EQ(edit("---\nlicense_name: \"größe ✓\"   # why\n---\n", changes), "---\nlicense_name: \"x\"   # why\n---\n");
}

TEST(EditCard, RefusesWhatItCannotDo) {
  const auto code = [](std::string_view text, auto set) {
    CardChanges changes;
    set(changes);
    return code_of(edit_card(text, changes));
  };
  const auto license = [](CardChanges& changes) { changes.license = "mit"; };
  EXPECT_EQ(code("---\n{license: other}\n---\n", license), "card-unwritable");
  EXPECT_EQ(code("---\na: b\n...\n---\n", license), "card-unwritable");
  EXPECT_EQ(code("---\nlicense: &l other\nother: *l\n---\n", license), "card-unwritable");
  EXPECT_EQ(code("---\n[a]\n---\n", license), "card-malformed");
  EXPECT_EQ(code("---\na: [\n---\n", license), "card-malformed");
  const auto signature = [](CardChanges& changes) { changes.signature = "model.sig"; };
  EXPECT_EQ(code("---\nsupply_chain: [x]\n---\n", signature), "card-unwritable");
  EXPECT_EQ(code("---\nsupply_chain: {x: [y]}\n---\n", signature), "card-unwritable");
  EXPECT_EQ(code("", [](CardChanges& changes) { changes.signature = "../model.sig"; }), "card-value");
  EXPECT_EQ(code("", [](CardChanges& changes) { changes.license = ""; }), "card-value");
  EXPECT_EQ(code("", [](CardChanges& changes) { changes.license = "a\nb"; }), "card-value");
  EXPECT_EQ(code("", [](CardChanges& changes) { changes.license = "a\u2028b"; }), "card-value");
  EXPECT_EQ(code("", [](CardChanges& changes) { changes.datasets = Texts{"a\x1b[0m"}; }), "card-value");
}

}  // namespace
}  // namespace weightmark
