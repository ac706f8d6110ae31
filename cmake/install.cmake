# What `cmake --install` puts where, and the Debian package that CPack makes of it (make install, make deb).
configure_file(config/millrace.service millrace.service @ONLY)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# The unit and the folder below /etc are settled when this is configured: another prefix at installation would be obeyed by half.
install(CODE "
        if(NOT CMAKE_INSTALL_PREFIX STREQUAL [[${CMAKE_INSTALL_PREFIX}]])
                message(FATAL_ERROR \"This build is for the prefix ${CMAKE_INSTALL_PREFIX}. For \${CMAKE_INSTALL_PREFIX}, \"
                        \"configure it with -DCMAKE_INSTALL_PREFIX=\${CMAKE_INSTALL_PREFIX} first, as make install does.\")
        endif()")
install(TARGETS millrace RUNTIME)
install(FILES ${CMAKE_BINARY_DIR}/millrace.service config/millrace.socket DESTINATION lib/systemd/system)
# Only where there is none yet, as it is the operator's from then on. (Of the Debian package dpkg asks: cmake/deb/conffiles.)
install(CODE "
        set(folder [[${CMAKE_INSTALL_FULL_SYSCONFDIR}/millrace]])
        if(EXISTS \"\$ENV{DESTDIR}\${folder}/millrace.yaml\")
                message(STATUS \"Kept: \$ENV{DESTDIR}\${folder}/millrace.yaml\")
        else()
                file(INSTALL DESTINATION \"\${folder}\" TYPE FILE FILES [[${CMAKE_SOURCE_DIR}/config/millrace.yaml]])
        endif()")
install(DIRECTORY schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/millrace)
install(FILES config/alerts.yaml config/dashboard.json DESTINATION ${CMAKE_INSTALL_DATADIR}/millrace)
# As they lie in the repository, so that every link between them leads somewhere.
install(FILES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/alerts.yaml config/dashboard.json config/millrace.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/config)

# Debian wants manual pages and changelogs compressed, without the time of the compression in them.
find_program(GZIP gzip REQUIRED)
function(install_compressed source name destination)
        execute_process(COMMAND ${GZIP} -9nc ${CMAKE_SOURCE_DIR}/${source} OUTPUT_FILE ${CMAKE_BINARY_DIR}/${name}.gz
                        COMMAND_ERROR_IS_FATAL ANY)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${source})
        install(FILES ${CMAKE_BINARY_DIR}/${name}.gz DESTINATION ${destination})
endfunction()
file(GLOB manuals CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} docs/man/*.[1-8])
foreach(manual ${manuals})
        get_filename_component(name ${manual} NAME)
        string(REGEX REPLACE ".*\\." "" section ${name})
        install_compressed(${manual} ${name} ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install_compressed(CHANGELOG.md changelog ${CMAKE_INSTALL_DOCDIR})

if(WITH_PACKAGE)       # the package preset
        install_compressed(cmake/deb/changelog changelog.Debian ${CMAKE_INSTALL_DOCDIR})
        install(FILES cmake/deb/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
        install(FILES cmake/deb/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME millrace)
        set(CPACK_GENERATOR DEB)
        set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
        set(CPACK_STRIP_FILES ON)
        set(CPACK_PACKAGE_CONTACT "millrace authors <millrace@example.org>")
        set(CPACK_PACKAGE_HOMEPAGE_URL "https://millrace.example.org/")
        set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
        set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
        set(CPACK_DEBIAN_PACKAGE_SECTION net)
        set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
        set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
        # Defaults of enrich.user_agent.rules, enrich.language.codes, enrich.time.zones.
        set(CPACK_DEBIAN_PACKAGE_DEPENDS "uap-core, iso-codes, tzdata")
        set(CPACK_DEBIAN_PACKAGE_SUGGESTS "curl, kcat")
        set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "event-ingestion daemon: HTTP in, validated and enriched, Kafka out")
        set(CPACK_PACKAGE_DESCRIPTION
"Events of web sites, apps and servers come in over HTTP. Each is checked
against a JSON Schema of a versioned tracking plan, enriched (user agent,
device, robots, place, page, campaign, language, local time, own tables and
rules), and published to Kafka; what fails goes to a bad-events topic with
the reason. A request is answered when Kafka has confirmed its events.")
        set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
        set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/cmake/deb/conffiles ${CMAKE_SOURCE_DIR}/cmake/deb/postinst
                ${CMAKE_SOURCE_DIR}/cmake/deb/prerm ${CMAKE_SOURCE_DIR}/cmake/deb/postrm)
        include(CPack)
endif()
