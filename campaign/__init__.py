"""The long tests of how dedupd stands up to faults: one module a figure, one table for all.

    make campaign [ONLY=R7,R9] [SEED=5] [SHARE=0.1] [SHORT=1] [AGAIN=1]

Not part of what is installed.  Each figure runs the real program from outside and judges it by
what the disk holds.
"""
