#!/usr/bin/env bash
# Tells the story of the demo in a home: half a year is taken in, models learn from it, a campaign contacts people, they
# react, and its days pass. Each step finds what an interrupted one left; `lifecycle` and `python` are those on the path.
set -euo pipefail
home=$1 people=${2:-2000}
history_ends=2026-01-21 campaign_starts=2026-01-22 story_ends=2026-02-01

land() {
    python -m demo --landing "$home/landing" --people "$people" --first-day 2025-08-01 \
        --history-through "$history_ends" --truth "$home/truth" --missing-only "$@" 2>/dev/null
}

echo "Landing half a year of a simulated brokerage in $home/landing"
land --through "$campaign_starts"
lifecycle nightly --as-of "$history_ends"
lifecycle train
lifecycle nightly --as-of "$campaign_starts"
echo "Landing the days after the campaign began: people answer those who contacted them"
land --through "$story_ends" --answer "$home/published/current/deliveries"
python -m demo --landing "$home/landing" --people "$people" --first-day 2025-08-01 --reissue "$campaign_starts" \
    --truth "$home/truth"
