// Elementwise kernels on uint8, compiled for AVX2 by c2goasm; csrc/generate.sh makes eltwise_u8_avx2_amd64.s of this.
// Each operation is rounded, in the order written in AddU8 (add_u8.go) and Convert (convert.go): no contraction to FMA.

#include <immintrin.h>
#include <stdint.h>

typedef struct {
	float   aScale, bScale, lo, hi;
	int32_t aZero, bZero, zero;
} add_params;

static inline __m256 widen(const uint8_t *p, __m256i zero) {
	__m256i q = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
	return _mm256_cvtepi32_ps(_mm256_sub_epi32(q, zero));
}

// dst[i] = zero + roundEven(min(max((a[i] − aZero)·aScale + (b[i] − bZero)·bScale, lo), hi)); n a multiple of 8.
void add_u8_avx2(uint8_t *dst, const uint8_t *a, const uint8_t *b, int64_t n, const add_params *p) {
	__m256  as = _mm256_broadcast_ss(&p->aScale), bs = _mm256_broadcast_ss(&p->bScale);
	__m256  lo = _mm256_broadcast_ss(&p->lo), hi = _mm256_broadcast_ss(&p->hi);
	__m256i az = _mm256_set1_epi32(p->aZero), bz = _mm256_set1_epi32(p->bZero), z = _mm256_set1_epi32(p->zero);
	for (int64_t i = 0; i < n; i += 8) {
		__m256  v = _mm256_add_ps(_mm256_mul_ps(widen(a + i, az), as), _mm256_mul_ps(widen(b + i, bz), bs));
		__m256i q = _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(v, lo), hi)), z);
		__m128i w = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
		_mm_storel_epi64((__m128i *)(dst + i), _mm_packus_epi16(w, w));
	}
}

// dst[i] = (float)(src[i] − zero)·scale; n a multiple of 8.
void dequantize_u8_avx2(float *dst, const uint8_t *src, int64_t n, const float *scale, const int32_t *zero) {
	__m256  s = _mm256_broadcast_ss(scale);
	__m256i z = _mm256_set1_epi32(*zero);
	for (int64_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(dst + i, _mm256_mul_ps(widen(src + i, z), s));
}
