/* The contract of every kernel: its number, its argument record, and of each argument its shape and what it may share.
 *
 * Kernels know places and numbers. A place is a byte offset into the heap, a multiple of 64; 0 means absent. Whoever
 * calls owns every buffer; a kernel keeps no place after it returns, and allocates nothing. Unless a line says "may be",
 * outputs overlap no input. Elements are float32 (float64 in the reference backend), tokens and lengths int32.
 *
 * Letters: T time steps, B batch, H hidden size, G gates of the cell, A gates whose two products stay apart, V vocabulary.
 * Names: d_x is the gradient of the loss with respect to x. `accumulate` 0 writes an output, 1 adds to what is there.
 *
 * src/engine/records.ts is generated from this file (node tools/records.mjs); the sizes are asserted in sizes.h. In the
 * comment of a field, "or 0" makes it optional for callers. A record that begins with `workspace` needs scratch memory:
 * the caller asks `recurra_workspace(kernel, record)` for the bytes, and gives that many before the kernel runs. */
#ifndef RECURRA_KERNELS_H
#define RECURRA_KERNELS_H
#include <stdint.h>
typedef uint32_t place;

enum kernel {
  KERNEL_MATMUL,
  KERNEL_PACK,
  KERNEL_RECURRENCE_FORWARD,
  KERNEL_RECURRENCE_BACKWARD,
  KERNEL_EMBEDDING_FORWARD,
  KERNEL_EMBEDDING_BACKWARD,
  KERNEL_OUTPUT_LOSS,
  KERNEL_ATTENTION_FORWARD,
  KERNEL_ATTENTION_BACKWARD,
  KERNEL_ELEMENTWISE,
  KERNEL_ADD_ROW,
  KERNEL_SUM_ROWS,
  KERNEL_TRANSPOSE,
  KERNEL_COPY_ROWS,
  KERNEL_LAYER_NORM_FORWARD,
  KERNEL_LAYER_NORM_BACKWARD,
  KERNEL_SUM,
  KERNEL_DROPOUT,
  KERNEL_SGD,
  KERNEL_ADAM,
  KERNEL_RMSPROP,
  KERNEL_CEILING,
  KERNEL_COUNT
};

/* What one step of a cell is. The ids are the `cell` field of the recurrence records. */
enum cell {
  CELL_ELMAN_TANH,    /* h = tanh(a)                  G = 1, A = 0 */
  CELL_ELMAN_RELU,    /* h = max(a, 0)                G = 1, A = 0 */
  CELL_ELMAN_SIGMOID, /* h = 1 / (1 + exp(-a))        G = 1, A = 0 */
  CELL_GRU,           /* gates r, z, n                G = 3, A = 1 (n: the reset gate multiplies W h + b) */
  CELL_LSTM           /* gates i, f, g, o; state h, c G = 4, A = 0 */
};

enum elementwise {
  ELEMENTWISE_SCALE,            /* y = alpha a                                       (copy: alpha = 1; b unused) */
  ELEMENTWISE_ADD,              /* y = a + alpha b */
  ELEMENTWISE_MULTIPLY,         /* y = alpha a b */
  ELEMENTWISE_TANH,             /* y = tanh(a) */
  ELEMENTWISE_SIGMOID,          /* y = 1 / (1 + exp(-a)) */
  ELEMENTWISE_RELU,             /* y = max(a, 0) */
  ELEMENTWISE_TANH_GRADIENT,    /* y = b (1 - a^2)     a: the value of tanh, b: its gradient */
  ELEMENTWISE_SIGMOID_GRADIENT, /* y = b a (1 - a)     a: the value of the sigmoid */
  ELEMENTWISE_RELU_GRADIENT,    /* y = b where a > 0   a: the value of the ReLU */
  ELEMENTWISE_CLAMP,            /* y = a, but at least -alpha and at most alpha */
  ELEMENTWISE_SIGN,             /* y = alpha, 0 or -alpha, as a is above, at or below 0 */
  ELEMENTWISE_FILL              /* y = alpha; what a holds does not matter */
};

/* y [m, n] = op(a) op(b) + bias, or y += op(a) op(b). Each element is one chain of multiply-adds in ascending k that
 * starts at 0, at the bias, or at what y holds; so its bits depend on no tile, edge or thread. */
struct matmul_record {
  place workspace;     /* [recurra_workspace] */
  int32_t m;
  int32_t n;
  int32_t k;
  place a;             /* [m, k], row stride a_stride; [k, m] if transpose_a */
  place b;             /* [k, n], row stride b_stride; [n, k] if transpose_b */
  place y;             /* [m, n], row stride y_stride */
  place bias;          /* [n], or 0; only without accumulate */
  int32_t a_stride;    /* elements from one stored row to the next */
  int32_t b_stride;
  int32_t y_stride;
  int32_t transpose_a; /* 1: b stands as it is, neither transposed nor packed; or 0 */
  int32_t transpose_b; /* 1, or 0 */
  int32_t accumulate;  /* 1, or 0 */
  int32_t packed_b;    /* 1: b is what PACK made of it, b_stride and transpose_b mean nothing; or 0 */
  place sums;          /* [m] out, with transpose_a: sum over k of op(a), in ascending k; or 0 */
  int32_t add_sums;    /* 1: added to what sums holds, or 0 */
};

/* Rearranges w for whoever multiplies by it more than once: the recurrence at every step, a stream. `packed` has
 * ceil(n / panel) * panel * k elements, with the backend's panel width; the layout is the backend's own. */
struct pack_record {
  int32_t n;         /* columns of the product */
  int32_t k;         /* terms of each sum */
  place w;           /* [k, n]; [n, k] if transpose */
  place packed;      /* out */
  int32_t transpose; /* 1, or 0 */
};

/* The recurrence kernels take a whole batch, or a ragged one: then `lengths` says how many steps each sequence has, the
 * arrays marked [S, …] hold the steps that exist and nothing else (S rows, the sum of the lengths), and `rows` tells
 * which row step t of sequence b is: rows[t B + b]. In a whole batch [S, …] is [T, B, …].
 * The loop over time. On entry `gates` holds U x_t + b of every step, or with `tokens` the rows of a table do, and gates is
 * but written; on return the activations that the backward pass needs. W h_{t-1} is added to the first G - A gates, and kept
 * in `apart` for the last A. With a projection (Sak et al. 2014), of cells that have a c, a step puts out and carries P
 * units, h = W_hr m, m being what it else puts out; else P is H. */
struct recurrence_forward_record {
  place workspace;  /* [recurra_workspace] */
  int32_t cell;     /* enum cell */
  int32_t time;     /* T */
  int32_t batch;    /* B */
  int32_t hidden;   /* H */
  int32_t reverse;  /* 1: from the last step to the first, or 0 */
  place gates;      /* [S, G H] in: U x + b; out: activations */
  place apart;      /* [S, A H] out: W h + apart_bias; or 0 where A = 0 */
  place apart_bias; /* [A H], or 0 where A = 0 */
  place weight;     /* W packed twice, k = P: the summed gates' n = (G - A) H columns, then the n = A H kept apart */
  place states;     /* [T + 1, B, P]; in: the initial state at 0 (at T if reverse); out: all others */
  place cells;      /* [T + 1, B, H] the same for c; or 0 where the cell has none */
  place mask;       /* [B, P] multiplies h before W, the same at every step; or 0 */
  place lengths;    /* int32 [B], each 0 to T; past its length a sequence keeps its state; or 0 */
  place rows;       /* int32 [T, B], where there are lengths; or 0 */
  int32_t outputs;  /* P where there is a projection, or 0 */
  place projection; /* W_hr packed, n = P, k = H; or 0 */
  place projected;  /* [S, H] out: m; or 0 where there is no projection */
  place tokens;     /* int32 [S]: the row of `table` that is U x + b of a step; or 0 */
  place table;      /* [vocabulary, G H], or 0 */
  int32_t vocabulary; /* rows of `table`; a token outside 0 … vocabulary - 1 gives zeros; or 0 */
};

/* Back-propagation through time. Consumes what forward left: `gates` becomes the gradient of U x + b, `apart` that of
 * W h + apart_bias. Weight gradients are matmuls of the caller's, over all steps at once. */
struct recurrence_backward_record {
  place workspace;        /* [recurra_workspace] */
  int32_t cell;           /* enum cell */
  int32_t time;           /* T */
  int32_t batch;          /* B */
  int32_t hidden;         /* H */
  int32_t reverse;        /* as forward, or 0 */
  place gates;            /* [S, G H] in: activations; out: gradient of U x + b */
  place apart;            /* [S, A H] in: as forward left it; out: gradient of W h + apart_bias; or 0 where A = 0 */
  place weight;           /* W packed with n = P, k = G H */
  place states;           /* [T + 1, B, P] as forward left it */
  place cells;            /* [T + 1, B, H] as forward left it, or 0 */
  place mask;             /* as forward, or 0 */
  place lengths;          /* as forward, or 0 */
  place rows;             /* as forward, or 0 */
  place d_outputs;        /* [S, P] gradient of h_t from outside the loop, or 0 */
  place d_cells;          /* [S, H] gradient of c_t from outside the loop, or 0 */
  place d_final_hidden;   /* [B, P] gradient of the last state, or 0 */
  place d_final_cell;     /* [B, H], or 0 */
  place d_initial_hidden; /* [B, P] out, or 0 */
  place d_initial_cell;   /* [B, H] out, or 0 */
  place dh_steps;         /* [S, P] out: the whole gradient of h_t, from outside and from later steps, or 0 */
  place dc_steps;         /* [S, H] out: the whole gradient of c_t, or 0 */
  int32_t outputs;        /* as forward, or 0 */
  place projection;       /* W_hr packed with n = H, k = P; or 0 */
};

/* y_i = table[tokens_i]. A token outside 0 … vocabulary - 1 gives a row of zeros. */
struct embedding_forward_record {
  int32_t count;
  int32_t width;
  int32_t vocabulary;
  place tokens; /* int32 [count] */
  place table;  /* [vocabulary, width] */
  place y;      /* [count, width] */
};

/* d_table[tokens_i] += d_y_i, in ascending i. The caller clears d_table first where it does not add. */
struct embedding_backward_record {
  int32_t count;
  int32_t width;
  int32_t vocabulary;
  place tokens;  /* int32 [count] */
  place d_y;     /* [count, width] */
  place d_table; /* [vocabulary, width] added to */
};

/* The output layer, softmax and cross-entropy, in blocks of rows: o = V h + c, and with label smoothing s (Szegedy et al.
 * 2016, as PyTorch has it) E = log sum_j exp(o_j) - (1 - s) o_target - s mean_j(o_j). With `gradients` also those of
 * scale * sum_i weight_i E_i. A target outside 0 … V - 1, such as -1, has no loss and no gradient. */
struct output_loss_record {
  place workspace;    /* [recurra_workspace] */
  int32_t rows;
  int32_t hidden;     /* H */
  int32_t vocabulary; /* V */
  int32_t gradients;  /* 1: write d_h, d_weight and d_bias, or 0 */
  place h;            /* [rows, H] */
  place weight;       /* [V, H] */
  place bias;         /* [V], or 0 */
  place targets;      /* int32 [rows] */
  place row_weights;  /* [rows] weight_i; or 0: all 1 */
  place losses;       /* [rows] out: E_i in nats; 0 for target -1 */
  place d_h;          /* [rows, H] out, or 0 */
  place d_weight;     /* [V, H] out, or 0 */
  place d_bias;       /* [V] out, or 0 */
  double scale;       /* usually 1 / number of targets */
  double smoothing;   /* s, above 0 and below 1, or 0 */
};

/* R queries, each over the S steps of one of B sequences, as far as that one goes:
 * e_s = q k_s (Luong et al. 2015), or with `score` v, e_s = v tanh(q + k_s) (Bahdanau et al. 2015);
 * a = softmax(e); context = sum_s a_s value_s. Letters of the shapes: A width, H hidden. */
struct attention_forward_record {
  int32_t rows;    /* R */
  int32_t time;    /* S */
  int32_t batch;   /* B */
  int32_t width;   /* A */
  int32_t hidden;  /* H */
  place queries;   /* [R, A] */
  place keys;      /* [S, B, A] */
  place values;    /* [S, B, H]; may be keys */
  place score;     /* v [A], or 0 */
  place sequences; /* int32 [R]: 0 to B - 1 */
  place lengths;   /* int32 [B]: 0 to S */
  place weights;   /* [R, S] out: a; 0 past the length */
  place contexts;  /* [R, H] out; zeros of a sequence without steps */
};

/* Every gradient is added to. A sequence's rows are taken in ascending order by one thread. */
struct attention_backward_record {
  int32_t rows;
  int32_t time;
  int32_t batch;
  int32_t width;
  int32_t hidden;
  place queries;    /* this and what follows as forward had it, or left it */
  place keys;
  place values;
  place score;      /* or 0 */
  place sequences;
  place lengths;
  place weights;
  place d_contexts; /* [R, H] */
  place d_queries;  /* [R, A], or 0 */
  place d_keys;     /* [S, B, A], or 0 */
  place d_values;   /* [S, B, H], or 0; may be d_keys */
  place d_score;    /* [B, A]: each sequence's part of it, or 0 */
};

/* y = operation(a, b), element by element; y may be a or b. */
struct elementwise_record {
  int32_t operation;  /* enum elementwise */
  int32_t count;
  int32_t period;     /* b has so many elements, used over and over, the same for each stretch of a; or 0: as many as a */
  place a;            /* [count] */
  place b;            /* [count] or [period], or 0 where the operation has one operand */
  place y;            /* [count] */
  int32_t accumulate; /* 1, or 0 */
  double alpha;
};

/* y [rows, columns] = a + row, the same row for each; y may be a. */
struct add_row_record {
  int32_t rows;
  int32_t columns;
  place a;   /* [rows, columns] */
  place row; /* [columns] */
  place y;   /* [rows, columns] */
};

/* y [columns] = sum over rows of a, in ascending order. */
struct sum_rows_record {
  int32_t rows;
  int32_t columns;
  int32_t stride;     /* elements from one row of a to the next */
  place a;            /* [rows, columns] */
  place y;            /* [columns] */
  int32_t accumulate; /* 1, or 0 */
};

/* y [columns, rows] = a [rows, columns] transposed. */
struct transpose_record {
  int32_t rows;
  int32_t columns;
  place a;
  place y;
  int32_t accumulate; /* 1, or 0 */
};

/* y [rows, columns] = a, each with its own distance from row to row: some columns of a wider matrix, to it or from it. */
struct copy_rows_record {
  int32_t rows;
  int32_t columns;
  int32_t a_stride;
  int32_t y_stride;
  place a;
  place y;
  int32_t accumulate; /* 1, or 0 */
};

/* Layer normalisation (Ba et al. 2016) of each row: y = gain (x - mean) / sqrt(variance + epsilon) + shift, with the
 * variance over the columns, not over columns - 1. Sums are in float64. */
struct layer_norm_forward_record {
  int32_t rows;
  int32_t columns;
  place x;          /* [rows, columns] */
  place gain;       /* [columns] */
  place shift;      /* [columns], or 0 */
  place y;          /* [rows, columns] */
  place statistics; /* [rows, 2] out: mean and 1 / sqrt(variance + epsilon) of each row */
  double epsilon;
};

struct layer_norm_backward_record {
  int32_t rows;
  int32_t columns;
  place x;            /* [rows, columns] as forward */
  place gain;         /* [columns] */
  place statistics;   /* [rows, 2] as forward left it */
  place d_y;          /* [rows, columns] */
  place d_x;          /* [rows, columns], or 0 */
  int32_t accumulate; /* of d_x: 1, or 0 */
  place d_gain;       /* [columns] added to, or 0 */
  place d_shift;      /* [columns] added to, or 0 */
};

/* y [1] = sum of a, or of its squares; in fixed blocks, block sums in float64. */
struct sum_record {
  place workspace; /* [recurra_workspace] */
  int32_t count;
  int32_t squares; /* 1, or 0 */
  place a;         /* [count] */
  place y;         /* [1] */
};

/* y_i = x_i / (1 - probability) where the draw for i is at least `probability`, else 0. The draw of element i is a
 * uniform 32-bit integer from Threefry-2x32-20 (Salmon et al. 2011) with key (seed, step) and counter (site, element):
 * counter j gives two words, for elements (j / 32) 64 + j % 32 and that + 32. Forward and backward are the same call. */
struct dropout_record {
  int32_t count;
  place x;            /* [count] */
  place y;            /* [count]; may be x */
  int32_t accumulate; /* 1, or 0 */
  uint32_t seed;
  uint32_t step;
  uint32_t site;
  double probability; /* 0 to below 1 */
};

/* PyTorch's SGD: g = gradient_scale d_w + weight_decay w; v = momentum v + g; w -= learning_rate v (g without momentum). */
struct sgd_record {
  int32_t count;
  place w;               /* [count] changed */
  place d_w;             /* [count] */
  place velocity;        /* [count] changed; or 0 without momentum */
  place broken;          /* int32 [1]: 1 is written where a weight becomes NaN or infinite; or 0 */
  int32_t nesterov;      /* 1: w -= learning_rate (g + momentum v), or 0 */
  double learning_rate;
  double momentum;
  double weight_decay;
  double gradient_scale;
};

/* PyTorch's Adam and AdamW: m = b1 m + (1 - b1) g; s = b2 s + (1 - b2) g^2;
 * w -= (learning_rate / correction1) m / (sqrt(s) / sqrt(correction2) + epsilon), correction = 1 - beta^step. */
struct adam_record {
  int32_t count;
  place w;               /* [count] changed */
  place d_w;             /* [count] */
  place first;           /* [count] m, changed */
  place second;          /* [count] s, changed */
  place broken;          /* int32 [1], as of sgd; or 0 */
  int32_t decoupled;     /* 1: AdamW, w *= 1 - learning_rate weight_decay first; 0: g = d_w + weight_decay w, or 0 */
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  double correction1;
  double correction2;
  double gradient_scale;
};

/* PyTorch's RMSprop and Adagrad: g = gradient_scale d_w + weight_decay w; s = kept s + fresh g^2; d = g / (sqrt(s) + epsilon);
 * v = momentum v + d; w -= learning_rate v (d without momentum). RMSprop: kept = alpha, fresh = 1 - alpha; Adagrad: both 1. */
struct rmsprop_record {
  int32_t count;
  place w;               /* [count] changed */
  place d_w;             /* [count] */
  place second;          /* [count] s, changed */
  place velocity;        /* [count] v, changed; or 0 without momentum */
  place broken;          /* int32 [1], as of sgd; or 0 */
  double learning_rate;
  double kept;
  double fresh;
  double epsilon;
  double momentum;
  double weight_decay;
  double gradient_scale;
};

/* Does nothing but multiply-adds on registers, on every thread: the ceiling that `bench` divides by. */
struct ceiling_record {
  int32_t iterations;
  place flops; /* float64 [1] out: operations done by all threads */
};
#define RECORD_BYTES 256 /* room for the largest record */
#endif
