# weightmark_embed(TARGET NAME FILE) compiles a file into the target, as
#   extern const std::string_view weightmark::embedded::NAME;
function(weightmark_embed target name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} digits HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${digits}")
  # Lines, which every compiler can take.
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#include <string_view>
namespace weightmark::embedded {
extern const std::string_view @name@;
namespace {
constexpr char kBytes[] = {
@bytes@};
}  // namespace
constinit const std::string_view @name@(kBytes, sizeof kBytes);
}  // namespace weightmark::embedded
]] @ONLY)
  target_sources(${target} PRIVATE ${source})
endfunction()
