# Tests against a real Apache Kafka: label `system`, one test for each class of tests/system/test_*.py. They mostly wait, so
# they may run side by side; each has clusters and ports of its own. They need Java; a machine without it says so and skips
# them, unless it is CI. See tests/system/harness.py.
add_executable(sink_driver tests/system/sink_driver.c)
target_link_libraries(sink_driver PRIVATE core)
add_executable(mmdb_write tests/system/mmdb_write.c)
target_link_libraries(mmdb_write PRIVATE core)
target_include_directories(mmdb_write PRIVATE tests/unit)
# A kernel that takes no filter of system calls.
add_library(shim_seccomp MODULE tests/system/shim_seccomp.c)
set_target_properties(shim_seccomp PROPERTIES PREFIX "" C_EXTENSIONS ON)
target_compile_options(shim_seccomp PRIVATE -Wall -Wextra)
set(programs "MILLRACE=$<TARGET_FILE:millrace>;SINK_DRIVER=$<TARGET_FILE:sink_driver>;MMDB_WRITE=$<TARGET_FILE:mmdb_write>")
list(APPEND programs "SHIM_SECCOMP_SO=$<TARGET_FILE:shim_seccomp>")
file(GLOB systems CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/system tests/system/test_*.py)
set(without_sanitizer system.sink.crash system.sink.reach system.daemon.outage system.bench.bench)
foreach(system ${systems})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS tests/system/${system})
        string(REGEX REPLACE "^test_(.*)\\.py$" "\\1" name ${system})
        file(STRINGS tests/system/${system} classes REGEX "^class [A-Za-z]+\\(Case\\):")
        foreach(line ${classes})
                string(REGEX REPLACE "^class ([A-Za-z]+).*" "\\1" class "${line}")
                string(TOLOWER system.${name}.${class} test)
                # Minutes under a sanitizer, of what system.spool.outage does there as well, of librdkafka's TLS, and of a tool.
                if(test IN_LIST without_sanitizer AND CMAKE_C_FLAGS MATCHES "sanitize")
                        continue()
                endif()
                add_test(NAME ${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/system/${system} -v ${class})
                set_tests_properties(${test} PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77 ENVIRONMENT
                        "${programs};PYTHONDONTWRITEBYTECODE=1")
        endforeach()
endforeach()
