/// Optimiser steps.

static void ck_sgd_step(
  ck_index n, float rate, float momentum, float decay, float factor, const float *gradient,
  float *velocity, float *parameters) {
  for (ck_index i = 0; i < n; i += CK_LANES) {
    const ck_index left = ck_least(CK_LANES, n - i);
    const vf p = ck_load_some(parameters + i, left);
    const vf g = p * decay + ck_load_some(gradient + i, left) * factor;
    const vf v = ck_load_some(velocity + i, left) * momentum + g;
    ck_store_some(velocity + i, v, left);
    ck_store_some(parameters + i, p - (v * momentum + g) * rate, left);
  }
}

static void ck_adam_step(
  ck_index n, float rate, float beta1, float beta2, float epsilon, float coupled, float decoupled,
  float c1, float c2, float factor, const float *gradient, float *m, float *v,
  float *parameters) {
  for (ck_index i = 0; i < n; i += CK_LANES) {
    const ck_index left = ck_least(CK_LANES, n - i);
    const vf p = ck_load_some(parameters + i, left);
    const vf g = ck_load_some(gradient + i, left) * factor + p * coupled;
    const vf first = ck_load_some(m + i, left) * beta1 + g * (1.0f - beta1);
    const vf second = ck_load_some(v + i, left) * beta2 + g * g * (1.0f - beta2);
    const vf step = (first / c1) / (vsqrt(second / c2) + epsilon) + p * decoupled;
    ck_store_some(m + i, first, left);
    ck_store_some(v + i, second, left);
    ck_store_some(parameters + i, p - step * rate, left);
  }
}
