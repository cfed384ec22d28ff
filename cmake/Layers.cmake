# weightmark_layer(NAME [DEPENDS layer...] [LIBRARIES target...]) makes the static
# library weightmark_NAME of the folder's *.cc, and its unit tests of *_test.cc.
# DEPENDS are public: a layer sees the headers of those below it.
function(weightmark_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc)
  file(GLOB test_helpers CONFIGURE_DEPENDS *_testing.cc)
  list(REMOVE_ITEM sources ${tests} ${test_helpers} "")
  if(NOT sources)
    return()
  endif()
  add_library(weightmark_${name} STATIC ${sources})
  if(arg_DEPENDS)
    list(TRANSFORM arg_DEPENDS PREPEND weightmark_)
  endif()
  target_link_libraries(weightmark_${name} PUBLIC ${arg_DEPENDS} PRIVATE weightmark_options ${arg_LIBRARIES})
  if(WEIGHTMARK_TESTS AND tests)
    add_executable(${name}_test ${tests} ${test_helpers})
    target_link_libraries(${name}_test PRIVATE weightmark_${name} weightmark_options ${arg_LIBRARIES}
                          GTest::gtest_main GTest::gmock)
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
  endif()
endfunction()
