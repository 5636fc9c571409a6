"""A folder read on a cluster of three machines, which are processes of this one: one that writes and two that read.

When so many rows are there, one of those that read is killed. Says on its output how far it is, and at the end who is left.
"""

import os
import sys
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from hunmin.bulk.ledger import Counts
from hunmin.bulk.read_folder import read_folder
from tests.bulk.folders import run_of

# As a rule Ray has its workers give way to everything else on a machine, which on a busy one takes for ever.
os.environ["RAY_worker_niceness"] = "0"
folder, out, rows_before_kill = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
cluster.wait_for_nodes()
num_killed = 0


def report(counts: Counts) -> None:
    global num_killed  # noqa: PLW0603
    if counts.num_rows >= rows_before_kill and not num_killed:
        num_killed = 1
        cluster.remove_node(nodes[1], allow_graceful=False)


done = read_folder(run_of(folder, out, num_workers=0, rows_per_shard=20, ray_address=cluster.address), report=report)
sys.stdout.write(f"{done.is_finished} {done.counts.num_rows} rows, {num_killed} killed\n")
ray.shutdown()
cluster.shutdown()
