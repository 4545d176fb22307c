"""`python -m benchmarks.faults`: a share of all requests to Telegram fails at random, before the server acts (refused with
500, 502 or 429, or the line cut) or after it (the answer lost): how many photos are answered, and how many twice."""

import time
from typing import Annotated

import typer

from benchmarks.crowd import Crowd, fail_at_random, percentiles, start_bot
from localchat import LocalChat

AGAIN_WITHIN = 5.0  # seconds in which an answer comes a second time


def main(
    photos: Annotated[int, typer.Option(help="How many are sent.")] = 600,
    per_second: Annotated[float, typer.Option(help="How many a second.")] = 5.0,
    share: Annotated[float, typer.Option(help="Share of the requests that fail.")] = 0.1,
    people: Annotated[int, typer.Option(help="How many people take turns.")] = 60,
) -> None:
    """Answer photos through a bad network."""
    with LocalChat() as chat:
        crowd = Crowd(chat)
        bot = start_bot(chat)
        try:
            crowd.send(people + 1).result()
            crowd.wait(1, 300)
            fail_at_random(chat, share)
            began = time.perf_counter()
            for number in range(photos):
                time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                crowd.send(1 + number % people)
            crowd.wait(photos + 1, 300)
            time.sleep(AGAIN_WITHIN)
            lost = chat.faults.struck.get("lose", 0)
            print(f"failed before the server acted   {sum(chat.faults.struck.values()) - lost} requests")
            print(f"failed after it                  {lost} requests")
            print(f"photos                           {photos}")
            print(f"answered                         {photos - crowd.lost}")
            print(f"answered twice                   {crowd.again}")
            print(f"from photo to answer             {percentiles(crowd.milliseconds(set(range(1, people + 1))))}")
        finally:
            chat.faults.clear()
            bot.terminate()
            bot.wait(60)


if __name__ == "__main__":
    typer.run(main)
