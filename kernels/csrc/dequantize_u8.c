// uint8 to float32, compiled for AVX2 by c2goasm; csrc/generate.sh makes dequantize_u8_avx2_amd64.s of this. Each
// operation is rounded, in the order written in Convert (convert.go): no contraction to FMA.

#include <immintrin.h>
#include <stdint.h>

// dst[i] = (float)(src[i] − zero)·scale; n a multiple of 8.
void dequantize_u8_avx2(float *dst, const uint8_t *src, int64_t n, const float *scale, const int32_t *zero) {
	__m256  s = _mm256_broadcast_ss(scale);
	__m256i z = _mm256_set1_epi32(*zero);
	for (int64_t i = 0; i < n; i += 8) {
		__m256i q = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(src + i)));
		_mm256_storeu_ps(dst + i, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(q, z)), s));
	}
}
