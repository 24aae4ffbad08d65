"""Layers: recurrent ones that are supersets of torch's, and what stands around them."""

from ostinato.nn._recurrent import Recurrent as Recurrent
from ostinato.nn.attention import Attention as Attention
from ostinato.nn.conversion import accelerate as accelerate
from ostinato.nn.conversion import from_torch as from_torch
from ostinato.nn.conversion import to_torch as to_torch
from ostinato.nn.crf import CRF as CRF
from ostinato.nn.dropout import Dropout as Dropout
from ostinato.nn.embedding import Embedding as Embedding
from ostinato.nn.embedding import read_vectors as read_vectors
from ostinato.nn.gru import GRU as GRU
from ostinato.nn.linear import Linear as Linear
from ostinato.nn.lstm import LSTM as LSTM
from ostinato.nn.masks import SequenceDropout as SequenceDropout
from ostinato.nn.masks import StepMask as StepMask
from ostinato.nn.pooling import Pooling as Pooling
from ostinato.nn.product import ProductLinear as ProductLinear
from ostinato.nn.rnn import RNN as RNN
from ostinato.nn.stepping import Stepper as Stepper
from ostinato.nn.summary import Row as Row
from ostinato.nn.summary import Summary as Summary
from ostinato.nn.summary import summary as summary
from ostinato.nn.weight_drop import WeightDrop as WeightDrop
