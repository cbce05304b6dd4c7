"""Addresses into points by a geocoder that speaks addok's API: the IGN's, or one's own.

A planner asks it by ``placarde geocode``; the answers are kept in a file of the campaign, and from
then on nothing asks anybody: a plan needs no network and gives the same bytes again.
"""
