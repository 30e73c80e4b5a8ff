"""OpenCV's dnn module: python3 run.py MODEL.onnx INPUT THREADS   reads INPUT.shape and INPUT.bin, then obeys stdin.

Requests, one per line, each answered by one line:
  run N         run 2 + N times; answers the last N durations in nanoseconds
  output FILE   write the results as float32, one after the other
  quit
"""
import sys
import time

import cv2
import numpy as np


def main(model, image_file, threads):
    cv2.setNumThreads(int(threads))
    net = cv2.dnn.readNetFromONNX(model)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    names = net.getUnconnectedOutLayersNames()
    with open(image_file + ".shape") as f:
        shape = [int(n) for n in f.read().split()]
    image = np.fromfile(image_file + ".bin", np.float32).reshape(shape)

    def run():
        net.setInput(image)
        return net.forward(names)

    run()
    print("ready", cv2.__version__, flush=True)
    for line in sys.stdin:
        word, *argument = line.split()
        if word == "run":
            times = []
            for i in range(-2, int(argument[0])):
                start = time.perf_counter_ns()
                run()
                if i >= 0:
                    times.append(time.perf_counter_ns() - start)
            print(*times, flush=True)
        elif word == "output":
            np.concatenate([out.astype(np.float32).ravel() for out in run()]).tofile(argument[0])
            print("ok", flush=True)
        else:
            break


main(*sys.argv[1:])
