"""What a run takes of the machine: device, memory, time; and the settings found by trying."""
