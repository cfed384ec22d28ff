# What is installed, and the Debian package.
include(CMakePackageConfigHelpers)

# --- The command ---------------------------------------------------------------
# The build makes it write its own manual page and completions (cli/CMakeLists.txt).
install(TARGETS weightmark_cli RUNTIME COMPONENT runtime)
install(FILES ${CMAKE_BINARY_DIR}/weightmark.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT manual)
install(FILES ${CMAKE_BINARY_DIR}/weightmark.bash RENAME weightmark
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
install(FILES ${CMAKE_BINARY_DIR}/_weightmark
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT runtime)
install(FILES ${CMAKE_BINARY_DIR}/weightmark.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)

# --- The library -----------------------------------------------------------------
install(TARGETS weightmark EXPORT WeightmarkTargets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/weightmark DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT development FILES_MATCHING PATTERN "*.h" PATTERN "error_codes.inc")

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Weightmark)
install(EXPORT WeightmarkTargets NAMESPACE Weightmark:: DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(${CMAKE_SOURCE_DIR}/packaging/WeightmarkConfig.cmake.in
  ${CMAKE_BINARY_DIR}/packaging/WeightmarkConfig.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor release may change what the library offers.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/packaging/WeightmarkConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/packaging/WeightmarkConfig.cmake
  ${CMAKE_BINARY_DIR}/packaging/WeightmarkConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT development)

# The file finds its own prefix, so that the tree can be installed anywhere.
file(RELATIVE_PATH WEIGHTMARK_PC_PREFIX /x/${CMAKE_INSTALL_LIBDIR}/pkgconfig /x)
configure_file(${CMAKE_SOURCE_DIR}/packaging/weightmark.pc.in ${CMAKE_BINARY_DIR}/packaging/weightmark.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/packaging/weightmark.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)

# --- Documents ---------------------------------------------------------------------
# As they lie here, so that the links between them lead somewhere there too.
foreach(document README ARCHITECTURE CHANGELOG CONTRIBUTING SECURITY)
  install(FILES ${CMAKE_SOURCE_DIR}/${document}.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
endforeach()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs ${CMAKE_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime
  USE_SOURCE_PERMISSIONS PATTERN __pycache__ EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT licence)

# --- The Debian package: one, with the command and the library ---------------------------
# Debian compresses manual pages and has its own file for the licence, so that it
# takes the component debian in place of manual and licence.
set(debian ${CMAKE_SOURCE_DIR}/packaging/debian)
set(debian_made ${CMAKE_BINARY_DIR}/packaging)
install(CODE "
  foreach(pair ${CMAKE_BINARY_DIR}/weightmark.1:weightmark.1.gz ${debian}/changelog:changelog.gz)
    string(REPLACE \":\" \";\" pair \"\${pair}\")
    list(GET pair 0 from)
    list(GET pair 1 to)
    execute_process(COMMAND gzip -9nc \"\${from}\" OUTPUT_FILE \"${debian_made}/\${to}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()" COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian_made}/weightmark.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian_made}/changelog.gz ${debian}/copyright
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/weightmark COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weightmark)
set(CPACK_PACKAGE_VENDOR Weightmark)
set(CPACK_PACKAGE_CONTACT "Weightmark maintainers <maintainers@weightmark.invalid>" CACHE STRING
    "Who answers for the packages, with an address")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sign and verify machine-learning models")
set(CPACK_PACKAGE_DESCRIPTION "Weightmark signs the files of a model and checks that they are exactly those
that their publisher signed. It reads and writes OpenSSF Model Signing (OMS)
signatures, which are Sigstore bundles, with keys, certificates and PKCS#11
tokens.
.
The package has the command, the library and what programs need to use it.")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime development debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_NAME weightmark)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded when needed, so that nothing links to it. Debian 13 gave it another name.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4t64 | libcurl4 (>= 7.85)")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/src)
# For programs that link the library: which package they depend on.
file(WRITE ${debian_made}/shlibs "libweightmark 0 weightmark (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/triggers ${debian_made}/shlibs)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
