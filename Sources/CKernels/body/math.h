/// Functions of a vector, and their derivatives. Polynomials are minimax fits of the relative
/// error (Lawson's reweighted least squares on Chebyshev nodes).

/// Returns exp(x): x = n ln 2 + r, 2^n in two factors so that subnormal results are right.
CK_INLINE vf vexp(vf x) {
  x = vselect(x > 89.0f, vset(89.0f), x);
  x = vselect(x < -105.0f, vset(-105.0f), x);
  const vf magic = vset(0x1.8p23f);
  const vf shifted = x * 0x1.715476p0f + magic;
  const vf n = shifted - magic;
  vf r = n * -0x1.62e400p-1f + x;
  r = n * -0x1.7f7d1cp-20f + r;
  vf p = r * 1.381445560e-03f + 8.368785493e-03f;
  p = p * r + 4.166839644e-02f;
  p = p * r + 1.666651964e-01f;
  p = p * r + 4.999999404e-01f;
  p = (r * r) * p + r + 1.0f;
  const vi whole = (vi)shifted - (vi)magic;
  const vi first = whole >> 1;
  return p * (vf)((first + 127) << 23) * (vf)((whole - first + 127) << 23);
}

/// Returns 1 / (1 + exp(-x)).
CK_INLINE vf vsigmoid(vf x) { return 1.0f / (1.0f + vexp(-x)); }

/// Returns tanh(x).
CK_INLINE vf vtanh(vf x) {
  const vf t = vabs(x);
  const vf s = x * x;
  vf p = s * -5.666977260e-03f + 2.060617693e-02f;
  p = p * s + -5.373000726e-02f;
  p = p * s + 1.333133131e-01f;
  p = p * s + -3.333327770e-01f;
  const vf small = (x * s) * p + x;
  const vf large = 1.0f - 2.0f / (vexp(t + t) + 1.0f);
  const vf signed_large = (vf)((vi)large | ((vi)x & viset((int32_t)0x80000000)));
  return vselect(t < 0.63f, small, signed_large);
}

/// Returns erf(x).
CK_INLINE vf verf(vf x) {
  const vf s = x * x;
  vf p = s * -5.907977466e-04f + 4.976836499e-03f;
  p = p * s + -2.675544098e-02f;
  p = p * s + 1.128150746e-01f;
  p = p * s + -3.761246502e-01f;
  p = p * s + 1.283791512e-01f;
  const vf small = p * x + x;
  vf t = vabs(x);
  t = vselect(t > 3.95f, vset(3.95f), t);
  vf q = t * 1.123126185e-05f + -3.228034475e-04f;
  q = q * t + 3.642457537e-03f;
  q = q * t + -2.376206033e-02f;
  q = q * t + 1.062368751e-01f;
  q = q * t + 6.351513267e-01f;
  q = q * t + 1.286484897e-01f;
  const vf large = 1.0f - vexp(-(q * t + t));
  const vf signed_large = (vf)((vi)large | ((vi)x & viset((int32_t)0x80000000)));
  return vselect(vabs(x) < 0.93f, small, signed_large);
}

/// Returns f(x); a compile-time `f` leaves only its own code.
CK_INLINE vf vapply(ck_function f, vf x, float a, float b) {
  switch (f) {
  case CK_IDENTITY:
    return x;
  case CK_RELU:
    return vmax(vset(0), x);
  case CK_LEAKY_RELU:
    return vselect(x < 0.0f, x * a, x);
  case CK_CLIP:
    return vmin(vset(b), vmax(vset(a), x));
  case CK_HARD_SIGMOID:
    return vmin(vset(1), vmax(vset(0), x * a + b));
  case CK_HARD_SWISH:
    return x * vmin(vset(1), vmax(vset(0), x * (1.0f / 6.0f) + 0.5f));
  case CK_SIGMOID:
    return vsigmoid(x);
  case CK_TANH:
    return vtanh(x);
  case CK_SILU:
    return x / (1.0f + vexp(-x));
  case CK_GELU:
    return (x * 0.5f) * (verf(x * 0x1.6a09e6p-1f) + 1.0f);
  case CK_EXP:
    return vexp(x);
  case CK_ERF:
    return verf(x);
  case CK_SQRT:
    return vsqrt(x);
  case CK_RECIPROCAL:
    return 1.0f / x;
  case CK_ABS:
    return vabs(x);
  case CK_NEGATE:
    return -x;
  }
  return x;
}

/// Returns `x` where `mask` is set, zero elsewhere.
CK_INLINE vf vwhere(vi mask, vf x) { return (vf)(mask & (vi)x); }

/// Returns dy · f', with `y` the output of f or its input as `activation_gradient` documents.
CK_INLINE vf vgradient(ck_function f, vf y, vf dy, float a, float b) {
  switch (f) {
  case CK_IDENTITY:
    return dy;
  case CK_RELU:
    return vwhere(y > 0.0f, dy);
  case CK_LEAKY_RELU:
    return vselect(y > 0.0f, dy, dy * a);
  case CK_CLIP:
    return vwhere((y >= a) & (y <= b), dy);
  case CK_HARD_SIGMOID:
    return vwhere((y > 0.0f) & (y < 1.0f), dy * a);
  case CK_HARD_SWISH:
    return vselect(y > 3.0f, dy, vwhere(y >= -3.0f, dy * (y * (1.0f / 3.0f) + 0.5f)));
  case CK_SIGMOID:
    return dy * (y - y * y);
  case CK_TANH:
    return dy * (1.0f - y * y);
  case CK_SILU: {
    const vf e = vexp(-vmax(vset(-80), y));
    const vf s = 1.0f / (1.0f + e);
    return dy * (s * (y * (e * s) + 1.0f));
  }
  case CK_GELU: {
    const vf density = vexp(y * y * -0.5f) * 0x1.988454p-2f;
    return dy * ((verf(y * 0x1.6a09e6p-1f) + 1.0f) * 0.5f + y * density);
  }
  case CK_EXP:
    return dy * y;
  case CK_ERF:
    return dy * vexp(-(y * y)) * 0x1.20dd76p0f;
  case CK_SQRT:
    return dy * 0.5f / y;
  case CK_RECIPROCAL:
    return -(dy * y * y);
  case CK_ABS:
    return vselect(y > 0.0f, dy, vwhere(y < 0.0f, -dy));
  case CK_NEGATE:
    return -dy;
  }
  return dy;
}

/// Expands STATEMENT(f) in a switch, once for each `ck_function`, so that f is constant inside.
#define CK_FOR_FUNCTION(function, STATEMENT) \
  switch (function) { \
  case CK_IDENTITY: STATEMENT(CK_IDENTITY); break; \
  case CK_RELU: STATEMENT(CK_RELU); break; \
  case CK_LEAKY_RELU: STATEMENT(CK_LEAKY_RELU); break; \
  case CK_CLIP: STATEMENT(CK_CLIP); break; \
  case CK_HARD_SIGMOID: STATEMENT(CK_HARD_SIGMOID); break; \
  case CK_HARD_SWISH: STATEMENT(CK_HARD_SWISH); break; \
  case CK_SIGMOID: STATEMENT(CK_SIGMOID); break; \
  case CK_TANH: STATEMENT(CK_TANH); break; \
  case CK_SILU: STATEMENT(CK_SILU); break; \
  case CK_GELU: STATEMENT(CK_GELU); break; \
  case CK_EXP: STATEMENT(CK_EXP); break; \
  case CK_ERF: STATEMENT(CK_ERF); break; \
  case CK_SQRT: STATEMENT(CK_SQRT); break; \
  case CK_RECIPROCAL: STATEMENT(CK_RECIPROCAL); break; \
  case CK_ABS: STATEMENT(CK_ABS); break; \
  case CK_NEGATE: STATEMENT(CK_NEGATE); break; \
  }
