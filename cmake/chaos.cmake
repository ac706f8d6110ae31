# Tests of damage: label `chaos`, one test for each class of tests/chaos/test_*.py, here in their short form. The long one, and
# the tables of docs/reliability.md: make chaos. See tests/chaos/ledger.py. Not with sanitizers, as system tests have shown there
# what these would, and CI has little time; tools/chaos build/asan runs them all the same.
add_executable(kafka_admin tests/chaos/kafka_admin.c)
target_link_libraries(kafka_admin PRIVATE PkgConfig::rdkafka)
# Tens of thousands of clients; a bad network between two namespaces.
add_executable(crowd tests/chaos/crowd.c)
add_executable(wire tests/chaos/wire.c)
set(programs "MILLRACE=$<TARGET_FILE:millrace>;KAFKA_ADMIN=$<TARGET_FILE:kafka_admin>;CROWD=$<TARGET_FILE:crowd>")
list(APPEND programs "WIRE=$<TARGET_FILE:wire>")
# What stands between the daemon and its disk, clock and memory: preloaded, and never instrumented.
foreach(shim disk memory)
        add_library(shim_${shim} MODULE tests/chaos/shim_${shim}.c tests/chaos/shim_control.c)
        target_compile_definitions(shim_${shim} PRIVATE _GNU_SOURCE)
        # They stand in for the checked calls of a hardened build, too, and so must not be one.
        target_compile_options(shim_${shim} PRIVATE -Wall -Wextra -fno-builtin -fvisibility=hidden -fno-sanitize=all
                               -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0)
        target_link_options(shim_${shim} PRIVATE -fno-sanitize=all)
        target_link_libraries(shim_${shim} PRIVATE ${CMAKE_DL_LIBS})
        set_target_properties(shim_${shim} PROPERTIES PREFIX "" C_EXTENSIONS ON)
        list(APPEND programs "SHIM_${shim}_SO=$<TARGET_FILE:shim_${shim}>")
endforeach()
string(REPLACE SHIM_disk SHIM_DISK programs "${programs}")
string(REPLACE SHIM_memory SHIM_MEMORY programs "${programs}")
if(CMAKE_C_FLAGS MATCHES sanitize)
        return()
endif()
file(GLOB subjects CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/chaos tests/chaos/test_*.py)
foreach(subject ${subjects})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS tests/chaos/${subject})
        string(REGEX REPLACE "^test_(.*)\\.py$" "\\1" name ${subject})
        file(STRINGS tests/chaos/${subject} classes REGEX "^class [A-Za-z]+\\(Case\\):")
        foreach(line ${classes})
                string(REGEX REPLACE "^class ([A-Za-z]+).*" "\\1" class "${line}")
                string(TOLOWER chaos.${name}.${class} test)
                add_test(NAME ${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/chaos/${subject} -v ${class})
                set_tests_properties(${test} PROPERTIES LABELS chaos TIMEOUT 600 SKIP_RETURN_CODE 77 ENVIRONMENT
                        "${programs};PYTHONDONTWRITEBYTECODE=1")
        endforeach()
endforeach()
