# The daemon and the benchmarks are optimised across files; tests link the same objects as they are, which takes a fraction of the
# time. The objects hold both kinds of code, and the linker's plugin would take the other one.
set(optimised ${CMAKE_INTERPROCEDURAL_OPTIMIZATION})
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
if(optimised AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
        add_link_options(-fno-use-linker-plugin)
endif()

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
        if(WITH_JEMALLOC)                  # at the end of the program, when it is asked to
                add_test(NAME house.malloc COMMAND millrace --version)
                set_tests_properties(house.malloc PROPERTIES LABELS house ENVIRONMENT MALLOC_CONF=stats_print:true
                                     PASS_REGULAR_EXPRESSION "Begin jemalloc statistics")
        endif()
        add_test(NAME house.installed COMMAND ${CMAKE_SOURCE_DIR}/tests/system/installed ${CMAKE_BINARY_DIR}
                ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_SYSCONFDIR} ${CMAKE_INSTALL_FULL_DOCDIR})
        set_tests_properties(house.installed PROPERTIES LABELS house)
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
        # Two builds, which the rest waits for.
        add_test(NAME package.profiled COMMAND ${CMAKE_SOURCE_DIR}/tests/system/profiled_build ${CMAKE_BINARY_DIR}/profiled)
        set_tests_properties(package.profiled PROPERTIES LABELS package TIMEOUT 1200 PROCESSORS 2)
endif()

# The Debian package, of the release only: it is a build of its own.
find_program(LINTIAN lintian)
if(LINTIAN AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
        add_test(NAME package.deb COMMAND ${CMAKE_SOURCE_DIR}/tests/system/deb_smoke ${CMAKE_SOURCE_DIR}/build/package)
        set_tests_properties(package.deb PROPERTIES LABELS package TIMEOUT 600)
endif()

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

if(WITH_KAFKA)
        include(cmake/system.cmake)
        include(cmake/chaos.cmake)
endif()
if(NOT CMAKE_C_FLAGS MATCHES "sanitize=thread")        # they have one
        include(cmake/suite.cmake)
endif()

set_property(DIRECTORY PROPERTY LINK_OPTIONS "")
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${optimised})
