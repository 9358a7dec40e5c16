/* One step of the gated recurrent unit (Cho et al. 2014), in PyTorch's form, where the reset gate multiplies the
 * product: r = σ(a_r), z = σ(a_z), n = tanh(x_n + r m), h = (1 - z) n + z h_{t-1}, with x_n = U_n x + b_in and
 * m = W_n h_{t-1} + b_hn, which is kept apart. */
#include "math.h"

static void gru_forward(int hidden, float *gates, const float *apart, const float *h, const float *c, float *h_next,
                        float *c_next) {
  float *reset = gates, *update = gates + hidden, *candidate = gates + 2 * hidden;
  (void)c, (void)c_next;
  sigmoid_row(2 * hidden, reset, reset);
  FOR_ROW(hidden, PUT(candidate, v_fma(GET(reset), GET(apart), GET(candidate)));)
  tanh_row(hidden, candidate, candidate);
  FOR_ROW(hidden, PUT(h_next, v_fma(GET(update), GET(h) - GET(candidate), GET(candidate)));)
}

static void gru_backward(int hidden, float *gates, float *apart, const float *h, const float *c, const float *h_next,
                         const float *c_next, float *dh, float *dc, float *dc_whole) {
  float *reset = gates, *update = gates + hidden, *candidate = gates + 2 * hidden;
  (void)c, (void)h_next, (void)c_next, (void)dc, (void)dc_whole;
  FOR_ROW(hidden, {
    vec one = v_splat(1.0f), r = GET(reset), z = GET(update), n_gate = GET(candidate), d = GET(dh);
    vec d_candidate = d * (one - z) * (one - n_gate * n_gate);
    PUT(candidate, d_candidate);
    PUT(update, d * (GET(h) - n_gate) * z * (one - z));
    PUT(reset, d_candidate * GET(apart) * r * (one - r));
    PUT(apart, d_candidate * r);
    PUT(dh, d * z);
  })
}
