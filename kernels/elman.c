/* One step of the Elman cell (Elman 1990): h = f(a), a = U x + W h_{t-1} + b, with f tanh, ReLU or the sigmoid.
 * The derivative is taken from the value: 1 - h^2, h > 0, h (1 - h). */
#include "math.h"

static void relu_row(int hidden, float *to, const float *from) {
  FOR_ROW(hidden, PUT(to, v_at_least(v_splat(0.0f), GET(from)));)
}
INLINE vec tanh_slope(vec h) { return v_splat(1.0f) - h * h; }
INLINE vec relu_slope(vec h) { return v_select(h > v_splat(0.0f), v_splat(1.0f), v_splat(0.0f)); }
INLINE vec sigmoid_slope(vec h) { return h * (v_splat(1.0f) - h); }

#define DEFINE_ELMAN(name, f, slope)                                                                                  \
  static void name##_forward(int hidden, float *gates, const float *apart, const float *h, const float *c,            \
                             float *h_next, float *c_next) {                                                          \
    (void)apart, (void)h, (void)c, (void)c_next;                                                                      \
    f(hidden, h_next, gates);                                                                                         \
  }                                                                                                                   \
  static void name##_backward(int hidden, float *gates, float *apart, const float *h, const float *c,                 \
                              const float *h_next, const float *c_next, float *dh, float *dc, float *dc_whole) {      \
    (void)apart, (void)h, (void)c, (void)c_next, (void)dc, (void)dc_whole;                                            \
    FOR_ROW(hidden, PUT(gates, GET(dh) * slope(GET(h_next))); PUT(dh, v_splat(0.0f));)                                \
  }

DEFINE_ELMAN(elman_tanh, tanh_row, tanh_slope)
DEFINE_ELMAN(elman_relu, relu_row, relu_slope)
DEFINE_ELMAN(elman_sigmoid, sigmoid_row, sigmoid_slope)
