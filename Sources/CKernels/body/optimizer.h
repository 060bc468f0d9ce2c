/// Optimiser steps.

/// Returns velocity and parameter after one step of SGD with momentum.
CK_INLINE vf ck_sgd_lane(
  float rate, float momentum, float decay, bool nesterov, vf gradient, vf *velocity, vf p) {
  const vf g = p * decay + gradient;
  *velocity = *velocity * momentum + g;
  const vf direction = nesterov ? *velocity * momentum + g : *velocity;
  return p - direction * rate;
}

static void ck_sgd_step(
  ck_index n, float rate, float momentum, float decay, bool nesterov, const float *gradient,
  float *velocity, float *parameters) {
  for (ck_index i = 0; i < n; i += CK_LANES) {
    const ck_index left = ck_least(CK_LANES, n - i);
    vf v = vload_n(velocity + i, left);
    const vf g = vload_n(gradient + i, left);
    const vf p = vload_n(parameters + i, left);
    vstore_n(
      parameters + i, ck_sgd_lane(rate, momentum, decay, nesterov, g, &v, p), left);
    vstore_n(velocity + i, v, left);
  }
}

static void ck_adam_step(
  ck_index n, float rate, float beta1, float beta2, float epsilon, float decay, float c1,
  float c2, const float *gradient, float *m, float *v, float *parameters) {
  for (ck_index i = 0; i < n; i += CK_LANES) {
    const ck_index left = ck_least(CK_LANES, n - i);
    const vf g = vload_n(gradient + i, left);
    const vf first = vload_n(m + i, left) * beta1 + g * (1.0f - beta1);
    const vf second = vload_n(v + i, left) * beta2 + g * g * (1.0f - beta2);
    const vf p = vload_n(parameters + i, left);
    const vf step = (first / c1) / (vsqrt(second / c2) + epsilon) + p * decay;
    vstore_n(m + i, first, left);
    vstore_n(v + i, second, left);
    vstore_n(parameters + i, p - step * rate, left);
  }
}
