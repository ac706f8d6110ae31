# Public suites, and what other programs make of the same: data that others published, read where packages put it. Label `suite`.

# The public JSONTestSuite, from its package (needs the network once).
add_executable(suite.json tests/suite/suite_json.c)
target_link_libraries(suite.json PRIVATE core)
add_test(NAME suite.json COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/json $<TARGET_FILE:suite.json> ${CMAKE_BINARY_DIR}/suite/json)
set_tests_properties(suite.json PROPERTIES LABELS suite TIMEOUT 180 SKIP_RETURN_CODE 77)

# The public JSON-Schema-Test-Suite: the newest copy there is in a package (needs the network once), and Debian's.
add_executable(suite.schema tests/suite/suite_schema.c)
target_link_libraries(suite.schema PRIVATE core)
foreach(source pypi debian)
        add_test(NAME suite.schema.${source} COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/schema $<TARGET_FILE:suite.schema>
                ${CMAKE_BINARY_DIR}/suite/schema-${source} ${source})
        set_tests_properties(suite.schema.${source} PROPERTIES LABELS suite TIMEOUT 180 SKIP_RETURN_CODE 77)
endforeach()

add_executable(suite.agent tests/suite/suite_agent.c)
target_link_libraries(suite.agent PRIVATE core)
add_test(NAME suite.agent.debian COMMAND suite.agent /usr/share/uap-core/regexes.yaml /usr/share/uap-core uap-core)
set_tests_properties(suite.agent.debian PROPERTIES LABELS suite TIMEOUT 300)
add_executable(suite.device tests/suite/suite_device.c)
target_link_libraries(suite.device PRIVATE core)
add_test(NAME suite.agent.crate COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents rules $<TARGET_FILE:suite.agent>)
add_test(NAME suite.device.npm COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents devices npm $<TARGET_FILE:suite.device>)
add_test(NAME suite.device.pypi COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents devices pypi $<TARGET_FILE:suite.device>)
# Every time zone of the system, as another reader of the same files sees it.
add_executable(suite.zones tests/suite/suite_zones.c)
target_link_libraries(suite.zones PRIVATE core)
add_test(NAME suite.zones COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/suite/zones $<TARGET_FILE:suite.zones>)
set_tests_properties(suite.zones PROPERTIES LABELS suite TIMEOUT 300)
# Language tags as the IANA registry (from its package) and another reader of tags have them.
add_executable(suite.language tests/suite/suite_language.c)
target_link_libraries(suite.language PRIVATE core)
add_test(NAME suite.language COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/language $<TARGET_FILE:suite.language>)
set_tests_properties(suite.language PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
add_executable(suite.prefilter tests/suite/suite_prefilter.c)
target_link_libraries(suite.prefilter PRIVATE core)
add_test(NAME suite.prefilter COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents prefilter $<TARGET_FILE:suite.prefilter>)
add_executable(suite.bot tests/suite/suite_bot.c)
target_link_libraries(suite.bot PRIVATE core)
add_test(NAME suite.bot COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents bots $<TARGET_FILE:suite.bot>)
add_executable(suite.hints tests/suite/suite_hints.c)
target_link_libraries(suite.hints PRIVATE core)
add_test(NAME suite.hints COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/agents hints $<TARGET_FILE:suite.hints>)
set_tests_properties(suite.agent.crate suite.device.npm suite.device.pypi suite.prefilter suite.bot suite.hints
                     PROPERTIES LABELS suite TIMEOUT 600 SKIP_RETURN_CODE 77)

# The WHATWG's cases for URLs, from a crate that ships them (needs the network once).
add_executable(suite.url tests/suite/suite_url.c)
target_link_libraries(suite.url PRIVATE core)
foreach(what parse hosts)
        add_test(NAME suite.url.${what} COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/urls ${what} $<TARGET_FILE:suite.url>
                ${CMAKE_BINARY_DIR}/suite/urls)
        set_tests_properties(suite.url.${what} PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
# Structured fields: the tests of the HTTP working group, from a package (needs the network once).
add_executable(suite.structured tests/suite/suite_structured.c)
target_link_libraries(suite.structured PRIVATE core)
add_test(NAME suite.structured COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/structured $<TARGET_FILE:suite.structured>)
set_tests_properties(suite.structured PROPERTIES LABELS suite TIMEOUT 180 SKIP_RETURN_CODE 77)

# Referrers and campaigns of several packages.
add_executable(suite.referrer tests/suite/suite_referrer.c)
target_link_libraries(suite.referrer PRIVATE core)
foreach(what parser inbound lists)
        add_test(NAME suite.referrer.${what} COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/referrers ${what}
                $<TARGET_FILE:suite.referrer> ${CMAKE_BINARY_DIR}/suite/referrers)
        set_tests_properties(suite.referrer.${what} PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()

# The public JSON-Schema-Test-Suite on formats and patterns, from its package (needs the network once).
add_executable(suite.format tests/suite/suite_format.c)
target_link_libraries(suite.format PRIVATE core)
add_test(NAME suite.format COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/jsonschema $<TARGET_FILE:suite.format>)
set_tests_properties(suite.format PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)

# Random patterns against another engine of ECMA-262.
find_program(NODE node)
if(NODE)
        add_executable(suite.pattern tests/suite/suite_pattern.c)
        target_link_libraries(suite.pattern PRIVATE core)
        add_test(NAME suite.pattern COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/tests/suite/pattern $<TARGET_FILE:suite.pattern>)
        set_tests_properties(suite.pattern PROPERTIES LABELS suite TIMEOUT 300)
endif()

# Exact decimals against Python's, currencies against the published list (from its package).
foreach(name decimal currency)
        add_executable(suite.${name} tests/suite/suite_${name}.c)
        target_link_libraries(suite.${name} PRIVATE core)
        add_test(NAME suite.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/${name} $<TARGET_FILE:suite.${name}>)
        set_tests_properties(suite.${name} PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()

# Published databases of places and networks, from their package, and libmaxminddb to compare with where it is installed.
add_executable(suite.geo tests/suite/suite_geo.c)
target_link_libraries(suite.geo PRIVATE core)
pkg_check_modules(maxminddb IMPORTED_TARGET libmaxminddb)
if(maxminddb_FOUND)
        target_link_libraries(suite.geo PRIVATE PkgConfig::maxminddb)
        target_compile_definitions(suite.geo PRIVATE WITH_LIBMAXMINDDB)
endif()
add_test(NAME suite.geo COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/geo $<TARGET_FILE:suite.geo>)
set_tests_properties(suite.geo PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)

# Consent strings as the IAB's own library writes them, from its package (needs the network once).
add_executable(suite.consent tests/suite/suite_consent.c)
target_link_libraries(suite.consent PRIVATE core)
add_test(NAME suite.consent COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/consent $<TARGET_FILE:suite.consent>)
set_tests_properties(suite.consent PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
# Awkward CSV files, and rates of the European Central Bank, from their packages.
foreach(name csv rates)
        add_executable(suite.${name} tests/suite/suite_${name}.c)
        target_link_libraries(suite.${name} PRIVATE core)
        add_test(NAME suite.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/tables ${name} $<TARGET_FILE:suite.${name}>)
        set_tests_properties(suite.${name} PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
