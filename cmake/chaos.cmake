# Tests of damage: label `chaos`, one test for each class of tests/chaos/test_*.py, here in their short form. The long one, and
# the tables of docs/reliability.md: make chaos. See tests/chaos/ledger.py. Not with sanitizers, as system tests have shown there
# what these would, and CI has little time; tools/chaos build/asan runs them all the same.
add_executable(kafka_admin tests/chaos/kafka_admin.c)
target_link_libraries(kafka_admin PRIVATE PkgConfig::rdkafka)
set(programs "MILLRACE=$<TARGET_FILE:millrace>;KAFKA_ADMIN=$<TARGET_FILE:kafka_admin>")
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
