# Installs the library, its headers with those of the contract, and what find_package(otpd) looks for.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/otpd)
install(TARGETS otpd_client EXPORT otpdTargets)
install(DIRECTORY include/ ${contract_dir}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(EXPORT otpdTargets NAMESPACE otpd:: DESTINATION ${package_dir})

configure_package_config_file(cmake/otpdConfig.cmake.in otpdConfig.cmake INSTALL_DESTINATION ${package_dir})
# Below 1.0 a minor version may change what programs are built against.
write_basic_package_version_file(otpdConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/otpdConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/otpdConfigVersion.cmake
  DESTINATION ${package_dir})
