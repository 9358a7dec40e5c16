/* One step of the long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000):
 * i = σ(a_i), f = σ(a_f), g = tanh(a_g), o = σ(a_o), c = f c_{t-1} + i g, h = o tanh(c). */
#include "math.h"

static void lstm_forward(int hidden, float *gates, const float *apart, const float *h, const float *c, float *h_next,
                         float *c_next) {
  float *input = gates, *forget = gates + hidden, *candidate = gates + 2 * hidden, *output = gates + 3 * hidden;
  (void)apart, (void)h;
  sigmoid_row(2 * hidden, input, input); /* and the forget gate */
  tanh_row(hidden, candidate, candidate);
  sigmoid_row(hidden, output, output);
  FOR_ROW(hidden, PUT(c_next, v_fma(GET(forget), GET(c), GET(input) * GET(candidate)));)
  tanh_row(hidden, h_next, c_next);
  FOR_ROW(hidden, PUT(h_next, GET(output) * GET(h_next));)
}

static void lstm_backward(int hidden, float *gates, float *apart, const float *h, const float *c, const float *h_next,
                          const float *c_next, float *dh, float *dc, float *dc_whole) {
  float *input = gates, *forget = gates + hidden, *candidate = gates + 2 * hidden, *output = gates + 3 * hidden;
  (void)apart, (void)h, (void)h_next;
  FOR_ROW(hidden, {
    vec one = v_splat(1.0f), i = GET(input), f = GET(forget), g = GET(candidate), o = GET(output);
    vec squashed = v_tanh(GET(c_next)), d = GET(dh);
    vec d_cell = v_fma(d * o, one - squashed * squashed, GET(dc));
    PUT(input, d_cell * g * i * (one - i));
    PUT(forget, d_cell * GET(c) * f * (one - f));
    PUT(candidate, d_cell * i * (one - g * g));
    PUT(output, d * squashed * o * (one - o));
    PUT(dh, v_splat(0.0f));
    if (dc_whole) PUT(dc_whole, d_cell);
    PUT(dc, d_cell * f);
  })
}
