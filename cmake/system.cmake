# Tests against a real Apache Kafka: label `system`. One broker at a time, as each takes a core while it starts. They need
# Java; a machine without it says so and skips them, unless it is CI.
add_executable(sink_driver tests/system/sink_driver.c)
target_link_libraries(sink_driver PRIVATE core)
file(GLOB systems CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/system tests/system/test_*.py)
foreach(system ${systems})
        string(REGEX REPLACE "^test_(.*)\\.py$" "\\1" name ${system})
        add_test(NAME system.${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/system/${system} -v)
        set_tests_properties(system.${name} PROPERTIES LABELS system TIMEOUT 600 RESOURCE_LOCK kafka SKIP_RETURN_CODE 77
                ENVIRONMENT "MILLRACE=$<TARGET_FILE:millrace>;SINK_DRIVER=$<TARGET_FILE:sink_driver>;PYTHONDONTWRITEBYTECODE=1")
endforeach()
