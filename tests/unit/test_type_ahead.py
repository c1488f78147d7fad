from rabbitviewer.browse.type_ahead import TypeAhead


class Clock:
    def __init__(self):
        self.now_s = 10.0

    def __call__(self):
        return self.now_s


def test_letters_in_a_row_are_one_word():
    typing = TypeAhead(Clock())
    assert typing.take("i") == ("i", True)
    assert typing.take("m") == ("im", False)


def test_after_a_pause_a_new_word_begins():
    clock = Clock()
    typing = TypeAhead(clock)
    typing.take("i")
    clock.now_s += 2
    assert (typing.active, typing.take("m")) == (False, ("m", True))


def test_the_same_letter_again_goes_to_the_next_name_with_it():
    typing = TypeAhead(Clock())
    typing.take("d")
    assert typing.take("d") == ("d", True)
