"""An upstream of our own that speaks the Claude API and answers by rules.

It is an independent reading of the API: it shares no code with
`conversations.claude`, so that each of the two can find the other's mistakes.
"""

from conversations.simulator.delivery import Pace
from conversations.simulator.simulator import Simulator
from conversations.simulator.transport import SimulatorTransport
from conversations.simulator.wire import ReceivedRequest

__all__ = ["Pace", "ReceivedRequest", "Simulator", "SimulatorTransport"]
