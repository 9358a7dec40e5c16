/* The size of every record, in which C and the generator of records.ts (tools/records.mjs) must agree. */
#ifndef RECURRA_SIZES_H
#define RECURRA_SIZES_H

#include "kernels.h"

_Static_assert(sizeof(struct matmul_record) == 68, "matmul_record");
_Static_assert(sizeof(struct pack_record) == 20, "pack_record");
_Static_assert(sizeof(struct recurrence_forward_record) == 84, "recurrence_forward_record");
_Static_assert(sizeof(struct recurrence_backward_record) == 96, "recurrence_backward_record");
_Static_assert(sizeof(struct embedding_forward_record) == 24, "embedding_forward_record");
_Static_assert(sizeof(struct embedding_backward_record) == 24, "embedding_backward_record");
_Static_assert(sizeof(struct output_loss_record) == 72, "output_loss_record");
_Static_assert(sizeof(struct attention_forward_record) == 52, "attention_forward_record");
_Static_assert(sizeof(struct attention_backward_record) == 68, "attention_backward_record");
_Static_assert(sizeof(struct elementwise_record) == 40, "elementwise_record");
_Static_assert(sizeof(struct add_row_record) == 20, "add_row_record");
_Static_assert(sizeof(struct sum_rows_record) == 24, "sum_rows_record");
_Static_assert(sizeof(struct transpose_record) == 20, "transpose_record");
_Static_assert(sizeof(struct copy_rows_record) == 28, "copy_rows_record");
_Static_assert(sizeof(struct layer_norm_forward_record) == 40, "layer_norm_forward_record");
_Static_assert(sizeof(struct layer_norm_backward_record) == 40, "layer_norm_backward_record");
_Static_assert(sizeof(struct sum_record) == 20, "sum_record");
_Static_assert(sizeof(struct dropout_record) == 40, "dropout_record");
_Static_assert(sizeof(struct sgd_record) == 56, "sgd_record");
_Static_assert(sizeof(struct adam_record) == 96, "adam_record");
_Static_assert(sizeof(struct rmsprop_record) == 80, "rmsprop_record");
_Static_assert(sizeof(struct ceiling_record) == 8, "ceiling_record");

#endif
