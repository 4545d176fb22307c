"""`python -m benchmarks.killed`: the bot is killed (SIGKILL) at random moments with many photos under way, and started
again: how many photos were never answered, and how many twice."""

import random
import time
from typing import Annotated

import typer

from benchmarks.crowd import Crowd, start_bot
from localchat import LocalChat


def main(
    times: Annotated[int, typer.Option(help="How often it is killed.")] = 20,
    photos: Annotated[int, typer.Option(help="How many are under way each time, of as many people.")] = 40,
    within: Annotated[float, typer.Option(help="Seconds after the photos in which the moment lies.")] = 2.0,
    patience: Annotated[float, typer.Option(help="Seconds that answers are waited for after a restart.")] = 300.0,
) -> None:
    """Kill the bot again and again."""
    chance = random.Random(6)
    with LocalChat() as chat:
        crowd, answered_before = Crowd(chat), 0  # before each kill
        bot = start_bot(chat)
        try:
            crowd.send(photos + 1).result()
            crowd.wait(1, patience)
            for round_ in range(times):
                before = len(crowd.answers)
                for sending in [crowd.send(person) for person in range(1, photos + 1)]:
                    sending.result()
                time.sleep(chance.uniform(0, within))
                bot.kill()
                bot.wait()
                answered_before += len(crowd.answers) - before
                bot = start_bot(chat)
                crowd.wait(len(crowd.sent), patience)
                print(f"killed {round_ + 1} times: {crowd.lost} lost, {crowd.again} answers came twice", flush=True)
        finally:
            bot.terminate()
            bot.wait(60)
        print(f"of {times * photos} photos {answered_before} were answered before the bot was killed over the others")
        print(f"lost             {crowd.lost}")
        print(f"answered twice   {crowd.again}")


if __name__ == "__main__":
    typer.run(main)
