"""Travel: how much, how far, how far ahead, and how often it is called off. Places are counted, never named."""

from __future__ import annotations

from creditscore.features.define import (
    count,
    distinct,
    flatten,
    largest,
    mean,
    ratio,
    recency,
    share,
    spread,
    tenure,
    total,
    trips,
)

taken = trips.where(status="completed")
journeys = trips.where(mode=("flight", "rail", "coach"))

TRAVEL = flatten(
    [
        count(trips, days=(90, 365), name="trips", reason="T01", en="How many trips were booked {period}",
              zh="{period}预订出行次数"),
        distinct(trips.mode, days=(365,), name="travel_modes", reason="T01",
                 en="How many ways of travelling were used {period}", zh="{period}使用的出行方式数"),
        count(journeys, days=(365,), name="journeys", reason="T01",
              en="How many flights, trains and coaches were booked {period}",
              zh="{period}预订机票、火车票和汽车票次数"),
        total(taken.amount, days=(90, 365), name="travel_spending", reason="T02",
              en="Sum of completed trips' prices {period}", zh="{period}已完成出行的总金额"),
        mean(taken.amount, days=(365,), name="trip_price_mean", reason="T02",
             en="Average price of a completed trip {period}", zh="{period}每次已完成出行的平均金额"),
        share(trips.where(status="cancelled"), of=trips, days=(180, 365, "all"), name="trip_cancelled_share",
              reason="T03", riskier="higher", en="Share of booked trips that were cancelled {period}",
              zh="{period}取消的出行预订占比"),
        share(trips.where(status="no_show"), of=trips, days=(365, "all"), name="trip_no_show_share", reason="T03",
              riskier="higher", en="Share of booked trips where nobody showed up {period}",
              zh="{period}未到场的出行预订占比"),
        count(trips.where(status=("cancelled", "no_show")), days=(365,), name="trips_called_off", reason="T03",
              riskier="higher", en="How many trips were cancelled or not shown up for {period}",
              zh="{period}取消或未到场的出行次数"),
        mean(trips.lead_days, days=(365, "all"), name="booking_lead", reason="T04", riskier="lower",
             en="Average days between booking and departure {period}", zh="{period}平均提前预订天数"),
        spread(trips.lead_days, days=(365,), name="booking_lead_spread", reason="T04",
               en="Standard deviation of the days between booking and departure {period}",
               zh="{period}提前预订天数的标准差"),
        total(taken.distance_km, days=(365,), name="travel_distance", reason="T05",
              en="Kilometres travelled {period}", zh="{period}出行总里程"),
        largest(taken.distance_km, days=(365,), name="travel_farthest", reason="T05",
                en="Longest completed trip in kilometres {period}", zh="{period}最远一次出行里程"),
        spread(taken.distance_km, days=(365,), name="travel_distance_spread", reason="T05",
               en="Standard deviation of trips' kilometres {period}", zh="{period}出行里程的标准差"),
        distinct(trips.destination, days=(365,), name="destinations", reason="T05",
                 en="How many different destinations {period}", zh="{period}不同目的地数"),
        total(taken.nights, days=(365,), name="nights_away", reason="T05", en="Nights stayed away {period}",
              zh="{period}在外住宿晚数"),
        ratio(count(trips, days=90), count(trips, days=365), name="trips_90d_of_365d", reason="T01",
              en="Trips of the last 90 days over those of the last 365", zh="近90天出行占近365天的比例"),
        recency(trips, name="days_since_trip", reason="T06", en="Days since the last booking",
                zh="距最近一次出行预订的天数"),
        tenure(trips, name="travel_tenure", reason="T06", riskier="lower", en="Days since the first booking",
               zh="距首次出行预订的天数"),
    ]
)  # fmt: skip
