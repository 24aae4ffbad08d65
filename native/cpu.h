// What the processor at hand can do; kernels choose by it at run time.
#pragma once

namespace ostinato {

// "avx512", "avx2", "neon" or "baseline". The compiler's builtin also asks the operating system
// whether it saves the wide registers.
inline const char* instructions() {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
    return "baseline";
#elif defined(__aarch64__)
    return "neon";
#else
    return "baseline";
#endif
}

}  // namespace ostinato
