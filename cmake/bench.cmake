# tests/bench/micro_NAME.c is the benchmark bench_NAME, built on demand only: cmake --build --preset release --target bench_NAME
file(GLOB benches CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/bench tests/bench/micro_*.c)
foreach(bench ${benches})
        string(REGEX REPLACE "^micro_(.*)\\.c$" "bench_\\1" name ${bench})
        add_executable(${name} EXCLUDE_FROM_ALL tests/bench/${bench})
        target_link_libraries(${name} PRIVATE core)
        target_include_directories(${name} PRIVATE tests/bench)
        target_compile_definitions(${name} PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endforeach()

# The load of the whole benchmarks: tests/bench/whole builds and runs it.
add_executable(bench_generator EXCLUDE_FROM_ALL tests/bench/generator.c)
target_link_libraries(bench_generator PRIVATE core)
