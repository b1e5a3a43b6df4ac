"""Experts -> one answer: best-single, late, stack, early, and networks over all modalities."""

from aisle.fusion.answer import Answer, stacked
from aisle.fusion.choice import Candidate, choose
from aisle.fusion.classes import EARLY, JOINT, NETWORKS, BestSingle, ClassFusion
from aisle.fusion.crossing import (
    CrossFitted,
    cross_fitted,
    expert_sets,
    set_names,
    taken,
    withheld,
)
from aisle.fusion.expert import ClassExpert, Expert, ValueExpert
from aisle.fusion.joint import (
    Attention,
    AttentionValue,
    Concatenation,
    ConcatenationValue,
    Early,
    EarlyValue,
    Gated,
    GatedValue,
    Joint,
    JointValue,
)
from aisle.fusion.joint_answer import JointAnswer
from aisle.fusion.late import Late
from aisle.fusion.network_expert import ClassNetworkExpert, NetworkExpert, ValueNetworkExpert
from aisle.fusion.stack import Stack
from aisle.fusion.values import (
    BestSingleValue,
    LateValue,
    StackValue,
    ValueFusion,
)
from aisle.fusion.vote import Mean, MeanValue, Vote, VoteValue

__all__ = [
    "EARLY",
    "JOINT",
    "NETWORKS",
    "Answer",
    "Attention",
    "AttentionValue",
    "BestSingle",
    "BestSingleValue",
    "Candidate",
    "ClassExpert",
    "ClassFusion",
    "ClassNetworkExpert",
    "Concatenation",
    "ConcatenationValue",
    "CrossFitted",
    "Early",
    "EarlyValue",
    "Expert",
    "Gated",
    "GatedValue",
    "Joint",
    "JointAnswer",
    "JointValue",
    "Late",
    "LateValue",
    "Mean",
    "MeanValue",
    "NetworkExpert",
    "Stack",
    "StackValue",
    "ValueExpert",
    "ValueFusion",
    "ValueNetworkExpert",
    "Vote",
    "VoteValue",
    "choose",
    "cross_fitted",
    "expert_sets",
    "set_names",
    "stacked",
    "taken",
    "withheld",
]
