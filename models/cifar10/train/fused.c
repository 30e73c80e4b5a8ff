// The two parts of training that PyTorch does slowly in bfloat16 on a CPU, for arrays in channels-last order [M][C] or
// [N][H][W][C]. Sums are float32 within 256 rows and across threads float64.
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t bf16;

static inline float widen(bf16 a) {
	union { uint32_t bits; float value; } u = {(uint32_t)a << 16};
	return u.value;
}

static inline bf16 narrow(float a) { // to the nearest, ties to even
	union { float value; uint32_t bits; } u = {a};
	return (u.bits + 0x7fff + ((u.bits >> 16) & 1)) >> 16;
}

// pool is 3x3 max-pooling of what is not negative: such bfloat16 compare as integers. window says which of the nine
// elements each maximum is.
void pool(const int16_t *x, int16_t *y, int16_t *window, int N, int H, int W, int C, int OH, int OW, int stride, int pad) {
#pragma omp parallel for
	for (int n = 0; n < N; n++)
		for (int oh = 0; oh < OH; oh++)
			for (int ow = 0; ow < OW; ow++) {
				const size_t at = (((size_t)n * OH + oh) * OW + ow) * C;
				int16_t *restrict best = y + at, *restrict which = window + at;
				int first = 1;
				for (int r = 0; r < 9; r++) {
					const int h = oh * stride - pad + r / 3, w = ow * stride - pad + r % 3;
					if (h < 0 || h >= H || w < 0 || w >= W)
						continue;
					const int16_t *restrict a = x + (((size_t)n * H + h) * W + w) * C;
					for (int c = 0; c < C; c++) {
						const int more = first || a[c] > best[c];
						which[c] = more ? r : which[c];
						best[c] = more ? a[c] : best[c];
					}
					first = 0;
				}
			}
}

// pool_back gives each input the gradients of the outputs whose maximum it is.
void pool_back(const bf16 *gy, const int16_t *window, bf16 *gx, int N, int H, int W, int C, int OH, int OW, int stride, int pad) {
#pragma omp parallel
	{
		float *restrict sum = malloc(C * sizeof *sum);
#pragma omp for
		for (int n = 0; n < N; n++)
			for (int h = 0; h < H; h++)
				for (int w = 0; w < W; w++) {
					memset(sum, 0, C * sizeof *sum);
					for (int r = 0; r < 9; r++) {
						const int down = h + pad - r / 3, right = w + pad - r % 3;
						if (down < 0 || right < 0 || down % stride || right % stride || down / stride >= OH || right / stride >= OW)
							continue;
						const size_t at = (((size_t)n * OH + down / stride) * OW + right / stride) * C;
						for (int c = 0; c < C; c++)
							sum[c] += window[at + c] == r ? widen(gy[at + c]) : 0;
					}
					bf16 *restrict out = gx + (((size_t)n * H + h) * W + w) * C;
					for (int c = 0; c < C; c++)
						out[c] = narrow(sum[c]);
				}
		free(sum);
	}
}

// Each thread's two sums for each channel, and their totals.
typedef struct { int threads, C; float *of; } sums;

static sums new_sums(int C) {
	const int threads = omp_get_max_threads();
	return (sums){threads, C, calloc((size_t)threads * 2 * C, sizeof(float))};
}

static double total(const sums *s, int which, int c) {
	double t = 0;
	for (int i = 0; i < s->threads; i++)
		t += s->of[((size_t)i * 2 + which) * s->C + c];
	return t;
}

static void flush(float *restrict to, float *restrict from, int n) {
	for (int i = 0; i < n; i++) {
		to[i] += from[i];
		from[i] = 0;
	}
}

// norm is y = max(0, gamma (x - mean) / sqrt(var + eps) + beta) by the batch's own mean and variance (Ioffe and Szegedy,
// 2015).
void norm(const bf16 *x, bf16 *y, long M, int C, const float *gamma, const float *beta, float eps, float *mean, float *inv, float *var) {
	sums s = new_sums(C);
#pragma omp parallel
	{
		float *mine = s.of + (size_t)omp_get_thread_num() * 2 * C, *part = calloc(2 * C, sizeof *part);
		float *restrict one = part, *restrict two = part + C;
		int rows = 0;
#pragma omp for schedule(static)
		for (long m = 0; m < M; m++) {
			const bf16 *restrict a = x + m * C;
			for (int c = 0; c < C; c++) {
				const float v = widen(a[c]);
				one[c] += v;
				two[c] += v * v;
			}
			if (++rows % 256 == 0)
				flush(mine, part, 2 * C);
		}
		flush(mine, part, 2 * C);
		free(part);
	}
	float *scale = malloc(2 * C * sizeof *scale), *shift = scale + C;
	for (int c = 0; c < C; c++) {
		const double mu = total(&s, 0, c) / M, v = fmax(0, total(&s, 1, c) / M - mu * mu);
		mean[c] = mu;
		var[c] = v;
		inv[c] = 1 / sqrt(v + eps);
		scale[c] = gamma[c] * inv[c];
		shift[c] = beta[c] - mu * scale[c];
	}
#pragma omp parallel for schedule(static)
	for (long m = 0; m < M; m++) {
		const bf16 *restrict a = x + m * C;
		bf16 *restrict out = y + m * C;
		for (int c = 0; c < C; c++)
			out[c] = narrow(fmaxf(0, widen(a[c]) * scale[c] + shift[c]));
	}
	free(scale);
	free(s.of);
}

// norm_back is the gradients of norm: of x, gamma and beta.
void norm_back(const bf16 *x, const bf16 *y, const bf16 *gy, bf16 *gx, long M, int C, const float *gamma, const float *mean,
               const float *inv, float *ggamma, float *gbeta) {
	sums s = new_sums(C);
#pragma omp parallel
	{
		float *mine = s.of + (size_t)omp_get_thread_num() * 2 * C, *part = calloc(2 * C, sizeof *part);
		float *restrict one = part, *restrict two = part + C;
		int rows = 0;
#pragma omp for schedule(static)
		for (long m = 0; m < M; m++) {
			const bf16 *restrict a = x + m * C, *restrict b = y + m * C, *restrict g = gy + m * C;
			for (int c = 0; c < C; c++) {
				const float v = widen(g[c] & (bf16) - (b[c] != 0));
				one[c] += v;
				two[c] += v * (widen(a[c]) - mean[c]);
			}
			if (++rows % 256 == 0)
				flush(mine, part, 2 * C);
		}
		flush(mine, part, 2 * C);
		free(part);
	}
	float *by = malloc(3 * C * sizeof *by), *along = by + C, *shift = along + C;
	for (int c = 0; c < C; c++) {
		const double beta = total(&s, 0, c), change = total(&s, 1, c) * inv[c];
		gbeta[c] = beta;
		ggamma[c] = change;
		by[c] = gamma[c] * inv[c];
		along[c] = -by[c] * (change / M) * inv[c];
		shift[c] = -by[c] * (beta / M) - along[c] * mean[c];
	}
#pragma omp parallel for schedule(static)
	for (long m = 0; m < M; m++) {
		const bf16 *restrict a = x + m * C, *restrict b = y + m * C, *restrict g = gy + m * C;
		bf16 *restrict out = gx + m * C;
		for (int c = 0; c < C; c++)
			out[c] = narrow(by[c] * widen(g[c] & (bf16) - (b[c] != 0)) + along[c] * widen(a[c]) + shift[c]);
	}
	free(by);
	free(s.of);
}
