"""Looking into files and photographs: inspect, show, sum up, mix."""
