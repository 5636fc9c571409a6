"""Looking at stores: counts, galleries, and what two of them share."""
