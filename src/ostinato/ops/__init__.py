"""Each recurrence as one function of tensors, served by the fastest correct path."""

import ostinato.ops.operators as _operators  # noqa: F401  (registers torch.ops.ostinato)
from ostinato.ops.dispatch import path as path
from ostinato.ops.gru import gru as gru
from ostinato.ops.gru import gru_step as gru_step
from ostinato.ops.lstm import lstm as lstm
from ostinato.ops.lstm import lstm_step as lstm_step
from ostinato.ops.native import native_info as native_info
from ostinato.ops.rnn import rnn as rnn
from ostinato.ops.rnn import rnn_step as rnn_step
from ostinato.ops.trace import trace as trace
