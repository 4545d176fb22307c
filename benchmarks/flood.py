"""`python -m benchmarks.flood`: a steady stream of photos from many people, and if asked for, one person who sends
hundreds at once: how many are answered, how soon, and what memory the bot holds."""

import time
from typing import Annotated

import typer

from benchmarks.crowd import Crowd, percentiles, start_bot
from benchmarks.worker import memory
from localchat import LocalChat

GREEDY = 1_000_000  # the number of the person who sends many


def main(
    minutes: Annotated[float, typer.Option(help="How long photos are sent.")] = 10.0,
    per_second: Annotated[float, typer.Option(help="How many photos per second, of all people.")] = 30.0,
    people: Annotated[int, typer.Option(help="How many people take turns.")] = 120,
    greedy: Annotated[int, typer.Option(help="How many photos one more person sends at once in the middle.")] = 0,
    messages_per_second: Annotated[int, typer.Option(help="The bot's MESSAGES_PER_SECOND.")] = 30,
) -> None:
    """Flood the bot with photos."""
    with LocalChat() as chat:
        crowd = Crowd(chat)
        bot = start_bot(chat, MESSAGES_PER_SECOND=str(messages_per_second))
        try:
            crowd.send(GREEDY + 1).result()
            crowd.wait(1, 300)
            before, began, count = memory(bot.pid, "VmRSS"), time.perf_counter(), round(minutes * 60 * per_second)
            for number in range(count):
                time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                crowd.send(1 + number % people)
                if greedy and number == count // 2:
                    for _ in range(greedy):
                        crowd.send(GREEDY)
                if number and number % round(60 * per_second) == 0:
                    print(f"{number} photos sent, memory {memory(bot.pid, 'VmRSS'):.0f} MB", flush=True)
            everybody = set(range(1, people + 1))
            deadline = time.monotonic() + 300
            while len(crowd.milliseconds(everybody)) < count and time.monotonic() < deadline:
                time.sleep(0.2)
            took = crowd.milliseconds(everybody)
            print(f"photos           {count} in {minutes:g} minutes, of {people} people")
            print(f"answered         {len(took)}")
            print(f"answered twice   {crowd.again}")
            print(f"from photo to answer   {percentiles(took)}")
            if greedy:
                print(f"one person's {greedy} at once: {len(crowd.milliseconds({GREEDY}))} answered by then")
            print(f"refused by Telegram's limits   {chat.limits.refused}")
            print(
                f"memory           {before:.0f} MB before, {memory(bot.pid, 'VmRSS'):.0f} MB after, "
                f"{memory(bot.pid, 'VmHWM'):.0f} MB at most"
            )
        finally:
            bot.terminate()
            bot.wait(60)


if __name__ == "__main__":
    typer.run(main)
