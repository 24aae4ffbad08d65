"""Raw files to arrays: texts, labels, tables, series and splits.

Rows in messages are counted from 0, as pandas and numpy do.
"""

from __future__ import annotations

from ostinato.data.calendars import CALENDAR_NAMES as CALENDAR_NAMES
from ostinato.data.calendars import calendar_features as calendar_features
from ostinato.data.calendars import calendar_names as calendar_names
from ostinato.data.clock import Clock as Clock
from ostinato.data.clock import pack_name as pack_name
from ostinato.data.clock import pack_times as pack_times
from ostinato.data.clock import parts_of as parts_of
from ostinato.data.clock import plain_name as plain_name
from ostinato.data.clock import unpack_name as unpack_name
from ostinato.data.clock import unpack_times as unpack_times
from ostinato.data.corpus import read_texts as read_texts
from ostinato.data.delimited import TableLayout as TableLayout
from ostinato.data.grids import period_of as period_of
from ostinato.data.holidays import HOLIDAY_NAMES as HOLIDAY_NAMES
from ostinato.data.holidays import check_places as check_places
from ostinato.data.holidays import holiday_features as holiday_features
from ostinato.data.indicators import indicator as indicator
from ostinato.data.indicators import indicator_reach as indicator_reach
from ostinato.data.labels import LabelEncoder as LabelEncoder
from ostinato.data.labels import MultiLabelEncoder as MultiLabelEncoder
from ostinato.data.pace import Pace as Pace
from ostinato.data.pace import check_order as check_order
from ostinato.data.pace import learn_pace as learn_pace
from ostinato.data.pairs import LoadedPairs as LoadedPairs
from ostinato.data.pairs import PairsLayout as PairsLayout
from ostinato.data.pairs import load_pairs as load_pairs
from ostinato.data.pairs import read_pairs as read_pairs
from ostinato.data.sequences import pad as pad
from ostinato.data.sequences import truncate as truncate
from ostinato.data.series import Scaler as Scaler
from ostinato.data.series import check_values as check_values
from ostinato.data.series import windows as windows
from ostinato.data.splits import split_groups as split_groups
from ostinato.data.splits import split_random as split_random
from ostinato.data.splits import split_time as split_time
from ostinato.data.subwords import SubwordSampler as SubwordSampler
from ostinato.data.tables import Table as Table
from ostinato.data.tables import load_table as load_table
from ostinato.data.tables import read_table as read_table
from ostinato.data.tagged import Tagged as Tagged
from ostinato.data.tagged import TaggedLayout as TaggedLayout
from ostinato.data.tagged import format_tagged as format_tagged
from ostinato.data.tagged import load_tagged as load_tagged
from ostinato.data.tagged import read_tagged as read_tagged
from ostinato.data.tagged import read_tokens as read_tokens
from ostinato.data.tagged import write_tagged as write_tagged
from ostinato.data.tags import Span as Span
from ostinato.data.tags import convert_tags as convert_tags
from ostinato.data.tags import form_of as form_of
from ostinato.data.tags import guess_scheme as guess_scheme
from ostinato.data.tags import reform_tags as reform_tags
from ostinato.data.tags import repair_tags as repair_tags
from ostinato.data.tags import spans_of as spans_of
from ostinato.data.tags import tags_of as tags_of
from ostinato.data.text import PADDING as PADDING
from ostinato.data.text import UNKNOWN as UNKNOWN
from ostinato.data.text import TextEncoder as TextEncoder
from ostinato.data.text import check_texts as check_texts
from ostinato.data.text_files import TextFiles as TextFiles
from ostinato.data.time_columns import find_time as find_time
from ostinato.data.time_columns import repeats_time as repeats_time
from ostinato.data.timestamps import Reading as Reading
from ostinato.data.timestamps import is_time as is_time
from ostinato.data.timestamps import read_times as read_times
from ostinato.data.words import split_characters as split_characters
from ostinato.data.words import split_tokens as split_tokens
from ostinato.data.words import split_words as split_words
from ostinato.data.words import word_places as word_places
