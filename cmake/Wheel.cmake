# What pip installs beside the Python package (python/native): the command, and the
# licences of what packaging/wheel/dependencies linked in.
install(TARGETS weightmark_cli RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT wheel)
if(WEIGHTMARK_BUNDLED_LICENSES)
  install(DIRECTORY ${WEIGHTMARK_BUNDLED_LICENSES}/ DESTINATION ${SKBUILD_METADATA_DIR}/licenses/third-party COMPONENT wheel)
  install(FILES ${CMAKE_SOURCE_DIR}/packaging/wheel/THIRD_PARTY.md DESTINATION ${SKBUILD_METADATA_DIR}/licenses COMPONENT wheel)
endif()
