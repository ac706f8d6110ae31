# The daemon and the benchmarks are optimised across files; tests link the same objects as they are, which takes a fraction of the
# time. The objects hold both kinds of code, and the linker's plugin would take the other one.
set(optimised ${CMAKE_INTERPROCEDURAL_OPTIMIZATION})
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
if(optimised AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
        add_link_options(-fno-use-linker-plugin)
endif()

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

# tests/unit/ROOM/test_FILE.c mirrors src/ROOM/FILE.c: a new file is a new test, no list to keep.
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
file(GLOB units CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/unit tests/unit/*/test_*.c)
foreach(unit ${units})
        string(REGEX REPLACE "\\.c$" "" name ${unit})
        string(REPLACE "/" "." name ${name})
        string(REPLACE "test_" "" name ${name})
        add_executable(unit.${name} tests/unit/${unit})
        target_link_libraries(unit.${name} PRIVATE core PkgConfig::cmocka)
        target_include_directories(unit.${name} PRIVATE tests/unit)
        target_compile_definitions(unit.${name} PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
        add_test(NAME unit.${name} COMMAND unit.${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endforeach()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(NOT CMAKE_C_FLAGS MATCHES "sanitize")       # they do not depend on the build
        foreach(language json-schema clickhouse spark)
                add_test(NAME suite.dictionary.${language}
                         COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/dictionary ${language} $<TARGET_FILE:millrace>)
                set_tests_properties(suite.dictionary.${language} PROPERTIES LABELS suite TIMEOUT 1200 SKIP_RETURN_CODE 77)
        endforeach()
        # The house's own rules; make lint runs them, too.
        foreach(check arrows links rows words)
                add_test(NAME house.${check} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check-${check})
                set_tests_properties(house.${check} PROPERTIES LABELS house)
        endforeach()
        find_program(SYSTEMD_ANALYZE systemd-analyze)
        if(SYSTEMD_ANALYZE)
                add_test(NAME house.systemd COMMAND ${CMAKE_SOURCE_DIR}/tests/system/systemd_units ${SYSTEMD_ANALYZE})
                set_tests_properties(house.systemd PROPERTIES LABELS house)
        endif()
endif()

# tests/golden/CASE: a request in, exact bytes out.
file(GLOB cases CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/golden tests/golden/*/request)
foreach(case ${cases})
        get_filename_component(name ${case} DIRECTORY)
        add_test(NAME golden.${name}
                 COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/golden/run $<TARGET_FILE:millrace> ${name})
        set_tests_properties(golden.${name} PROPERTIES LABELS golden TIMEOUT 120)
endforeach()
# And all of them that HTTP/2 can ask as well, with the same answers. Not under the thread sanitizer, where it takes minutes: a
# connection is one thread's, and what threads share the cases above have shown.
if(NOT CMAKE_C_FLAGS MATCHES "sanitize=thread")
        add_test(NAME golden.http2 COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/golden/run $<TARGET_FILE:millrace>
                --http2)
        set_tests_properties(golden.http2 PROPERTIES LABELS golden TIMEOUT 600)
endif()

# The same bytes over TLS, in records of one byte: all cases about framing and about the connection.
set(framing bare-array body-too-large body-too-slow chunked coding-gzip-chunked cors-preflight expect-continue head-request
        head-too-slow headers-too-large host-missing http-1-0 http-2-preface keep-alive method-unknown pipelined proxy-protocol-1
        smuggling-chunk-without-its-end smuggling-length-and-chunked target-too-long too-many-events)
foreach(pieces whole torn)
        add_test(NAME golden-tls.${pieces} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/golden/run
                $<TARGET_FILE:millrace> --tls ${pieces} ${framing})
        set_tests_properties(golden-tls.${pieces} PROPERTIES LABELS golden TIMEOUT 300)
endforeach()

# The conformance suite of HTTP/2, from the Go module proxy (needs the network once): in the clear and over TLS.
if(NOT CMAKE_C_FLAGS MATCHES "sanitize")
        add_test(NAME suite.http2 COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/http2 $<TARGET_FILE:millrace>)
        set_tests_properties(suite.http2 PROPERTIES LABELS suite TIMEOUT 900 SKIP_RETURN_CODE 77)
endif()

# Do the benchmarks still work? Of the release only, linked as tests are; their figures mean nothing.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
        file(GLOB benches CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/bench tests/bench/*.c)
        foreach(bench ${benches})
                string(REGEX REPLACE "^(micro_)?(.*)\\.c$" "\\2" part ${bench})
                add_executable(smoke_${part} tests/bench/${bench})
                target_link_libraries(smoke_${part} PRIVATE core)
                target_compile_definitions(smoke_${part} PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
                set_target_properties(smoke_${part} PROPERTIES OUTPUT_NAME bench_${part}
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/smoke)
        endforeach()
        add_test(NAME bench.smoke COMMAND ${CMAKE_SOURCE_DIR}/tests/bench/smoke $<TARGET_FILE:millrace> ${CMAKE_BINARY_DIR}/smoke)
        set_tests_properties(bench.smoke PROPERTIES LABELS bench TIMEOUT 300 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()

# The Debian package, of the release only: it is a build of its own.
find_program(LINTIAN lintian)
if(LINTIAN AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
        add_test(NAME package.deb COMMAND ${CMAKE_SOURCE_DIR}/tests/system/deb_smoke ${CMAKE_SOURCE_DIR}/build/package)
        set_tests_properties(package.deb PROPERTIES LABELS package TIMEOUT 600)
endif()

# Public suites: data that others published, read where packages put it.
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

if(WITH_KAFKA)         # without it, its pages lack what only it knows
        # Every page that the program prints is as the program prints it; make docs writes them.
        file(STRINGS include/command/pages.def pages REGEX "^PAGE\\(")
        foreach(page ${pages})
                string(REGEX REPLACE "^PAGE\\(\"([^\"]+)\".*" "\\1" name "${page}")
                add_test(NAME docs.${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/docs $<TARGET_FILE:millrace> --check ${name})
                set_tests_properties(docs.${name} PROPERTIES LABELS docs)
        endforeach()
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS include/command/pages.def)

# The public JSON-Schema-Test-Suite on formats and patterns, from its package (needs the network once).
add_executable(suite.format tests/suite/suite_format.c)
target_link_libraries(suite.format PRIVATE core)
add_test(NAME suite.format COMMAND ${CMAKE_SOURCE_DIR}/tests/suite/jsonschema $<TARGET_FILE:suite.format>)
set_tests_properties(suite.format PROPERTIES LABELS suite TIMEOUT 300 SKIP_RETURN_CODE 77)

if(WITH_KAFKA)
        include(cmake/system.cmake)
        include(cmake/chaos.cmake)
endif()

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

set_property(DIRECTORY PROPERTY LINK_OPTIONS "")
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${optimised})
