# skbtrail_bpf_object(TARGET SOURCE OUTPUT): compiles BPF C to an object file with clang, once and again whenever a header
# under bpf/ changes. What libbpf does not look at is left out: DWARF, relocations of debug sections, and labels, of which
# the large objects have 40,000. With SKBTRAIL_BPF_FROM they are those of that build directory, which is not asked whether
# they are up to date: for who has just built it.
set(SKBTRAIL_BPF_FROM "" CACHE PATH "build directory whose BPF objects are taken instead of compiling them again")
find_program(SKBTRAIL_CLANG NAMES clang REQUIRED)
find_program(SKBTRAIL_LLVM_OBJCOPY NAMES llvm-objcopy llvm-objcopy-14 llvm-objcopy-16 llvm-objcopy-19 REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(SKBTRAIL_BPF_ARCH x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(SKBTRAIL_BPF_ARCH arm64)
else()
  message(FATAL_ERROR "bpf/arch.h does not know ${CMAKE_SYSTEM_PROCESSOR}")
endif()

set(SKBTRAIL_BPF_INCLUDES -I${CMAKE_SOURCE_DIR}/bpf)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND SKBTRAIL_BPF_INCLUDES -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()

function(skbtrail_bpf_object target source output)
  get_filename_component(name ${output} NAME)
  if(SKBTRAIL_BPF_FROM AND EXISTS ${SKBTRAIL_BPF_FROM}/${name})
    add_custom_command(OUTPUT ${output} COMMAND ${CMAKE_COMMAND} -E copy ${SKBTRAIL_BPF_FROM}/${name} ${output}
                       DEPENDS ${SKBTRAIL_BPF_FROM}/${name} VERBATIM)
  else()
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bpf/*.h)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${SKBTRAIL_CLANG} -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror -D__TARGET_ARCH_${SKBTRAIL_BPF_ARCH}
              ${SKBTRAIL_BPF_INCLUDES} -c ${source} -o ${output}
      COMMAND ${SKBTRAIL_LLVM_OBJCOPY} --strip-debug --remove-section=.rel.BTF --remove-section=.rel.BTF.ext
              --remove-section=.llvm_addrsig --wildcard --strip-symbol=LBB* ${output}
      DEPENDS ${source} ${headers}
      COMMENT "BPF ${output}"
      VERBATIM)
  endif()
  add_custom_target(${target} DEPENDS ${output})
endfunction()
