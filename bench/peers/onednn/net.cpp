// net: a convolutional network on oneDNN (2.6 or 2.7), the way an application would use it: primitives made once, weights
// reordered once to the layout that the library prefers, layouts handed from layer to layer, ReLU fused into the
// convolutions, buffers reused by lifetime, everything executed on one in-order stream.
//
//   g++ -O2 -std=c++17 -o net net.cpp -ldnnl
//   ./net DIR f32|int8      reads DIR/net.txt, weights.bin, input.bin and, for int8, scales.txt; then obeys stdin
//
// net.txt has one operation per line: its kind, the name of its result, its operands, its numbers (see emit below).
// weights.bin has, as float32 and in the same order, the weights [K][C/G][R][S] and the K biases of each conv and fc.
// input.bin is the image, [N][C][H][W] float32. scales.txt has lines "name scale": real = scale·q, q uint8 (zero point 0),
// except for the network's input, which is int8.
//
// Requests, one per line, each answered by one line:
//   run N         run 2 + N times; answers the last N durations in nanoseconds
//   output FILE   write the result as float32
//   quit
//
// Threads: OMP_NUM_THREADS. Instruction set: ONEDNN_MAX_CPU_ISA. GNEISS_PROFILE=1 adds each step's time on stderr.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

#if DNNL_VERSION_MAJOR != 2
#error "this program is written for oneDNN 2.6 or 2.7 (Debian's libdnnl-dev)"
#endif

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using dims = memory::dims;
using type = memory::data_type;
using tag = memory::format_tag;

namespace {

struct Line {
    std::string kind, out;
    std::vector<std::string> in;
    std::vector<long> n;    // the integers
    std::vector<float> x;   // the floats
};

struct Step {
    std::string name;
    dnnl::primitive prim;
    std::unordered_map<int, memory> args;
    double ns = 0;
};

// A value: where it is, and real = scale·stored when it is quantised.
struct Tensor {
    memory mem;
    float scale = 1;
};

double now() {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<float> readFloats(std::istream &f, size_t n) {
    std::vector<float> v(n);
    f.read(reinterpret_cast<char *>(v.data()), n * sizeof(float));
    if (size_t(f.gcount()) != n * sizeof(float)) throw std::runtime_error("weights.bin or input.bin is too short");
    return v;
}

tag plain(const memory::desc &d) { return d.dims().size() == 4 ? tag::nhwc : tag::nc; }

class Net {
  public:
    Net(const std::string &dir, bool int8) : int8_(int8), stream_(engine_), weights_(dir + "/weights.bin", std::ios::binary) {
        load(dir);
        for (size_t i = 0; i < lines_.size(); i++) {
            at_ = i;
            emit(lines_[i], dir);
            release();
        }
    }

    void run() {
        for (auto &s : steps_) s.prim.execute(stream_, s.args);
        stream_.wait();
    }

    void profile() {
        for (auto &s : steps_) {
            double t = now();
            s.prim.execute(stream_, s.args);
            stream_.wait();
            s.ns += now() - t;
        }
    }

    void report(int runs) {
        for (auto &s : steps_) fprintf(stderr, "%9.1f us  %s\n", s.ns / runs / 1000, s.name.c_str());
    }

    void write(const std::string &file) {
        std::ofstream f(file, std::ios::binary);
        f.write(static_cast<const char *>(result_.get_data_handle()), result_.get_desc().get_size());
    }

  private:
    bool int8_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_;
    std::ifstream weights_;
    std::vector<Line> lines_;
    std::vector<Step> steps_;
    std::map<std::string, Tensor> values_;
    std::map<std::string, float> scales_;
    std::map<std::string, size_t> lastUse_;
    std::vector<std::pair<size_t, std::shared_ptr<char>>> buffers_, free_; // in use, and not
    memory result_;
    size_t at_ = 0;

    // The numbers and names of a line by its kind: how many operands, integers, floats.
    void load(const std::string &dir) {
        static const std::map<std::string, std::array<int, 3>> form = {
            {"input", {0, 4, 0}},    // N C H W
            {"conv", {1, 13, 0}},    // K R S strideH strideW top left bottom right dilationH dilationW groups relu
            {"maxpool", {1, 8, 0}},  // R S strideH strideW top left outH outW
            {"avgpool", {1, 9, 0}},  // the same, includePad
            {"lrn", {1, 1, 3}},      // size, alpha beta bias
            {"fc", {1, 2, 0}},       // K relu
            {"softmax", {1, 0, 0}},  //
            {"concat", {-1, 0, 0}},  // operands
            {"output", {0, 0, 0}},   //
        };
        std::ifstream f(dir + "/net.txt");
        if (!f) throw std::runtime_error("cannot read " + dir + "/net.txt");
        for (std::string text; std::getline(f, text);) {
            std::istringstream s(text);
            Line l;
            if (!(s >> l.kind >> l.out)) continue;
            auto it = form.find(l.kind);
            if (it == form.end()) throw std::runtime_error("net.txt: unknown operation " + l.kind);
            std::string name;
            for (int i = 0; i != it->second[0] && s >> name; i++) l.in.push_back(name);
            l.n.resize(it->second[1]);
            l.x.resize(it->second[2]);
            for (auto &v : l.n) s >> v;
            for (auto &v : l.x) s >> v;
            if (it->second[0] >= 0 && !s) throw std::runtime_error("net.txt: too few numbers: " + text);
            for (auto &n : l.in) lastUse_[n] = lines_.size();
            if (l.kind == "output") lastUse_[l.out] = size_t(-1);
            lines_.push_back(l);
        }
        if (!int8_) return;
        std::ifstream sc(dir + "/scales.txt");
        if (!sc) throw std::runtime_error("cannot read " + dir + "/scales.txt");
        float v;
        for (std::string n; sc >> n >> v;) scales_[n] = v;
    }

    float scaleOf(const std::string &name) {
        auto it = scales_.find(name);
        if (it == scales_.end()) throw std::runtime_error("scales.txt: no scale for " + name);
        return it->second;
    }

    Tensor &value(const std::string &name) {
        auto it = values_.find(name);
        if (it == values_.end()) throw std::runtime_error("net.txt: no value " + name);
        return it->second;
    }

    // Memory for a value: the smallest free buffer that is large enough, else a new one.
    memory place(const memory::desc &d) {
        size_t want = std::max<size_t>(d.get_size(), 64), best = free_.size();
        for (size_t i = 0; i < free_.size(); i++)
            if (free_[i].first >= want && (best == free_.size() || free_[i].first < free_[best].first)) best = i;
        if (best == free_.size()) {
            size_t bytes = (want + 63) / 64 * 64;
            free_.push_back({bytes, std::shared_ptr<char>(static_cast<char *>(aligned_alloc(64, bytes)), free)});
            memset(free_.back().second.get(), 0, bytes);
        }
        auto b = free_[best];
        free_.erase(free_.begin() + best);
        buffers_.push_back(b);
        return memory(d, engine_, b.second.get());
    }

    // Gives back what this line's temporaries, and values not used after it, occupied.
    void release() {
        std::map<void *, bool> live;
        for (auto it = values_.begin(); it != values_.end();) {
            auto use = lastUse_.find(it->first);
            if (use == lastUse_.end() || use->second <= at_) it = values_.erase(it);
            else live[(it++)->second.mem.get_data_handle()] = true;
        }
        for (size_t i = 0; i < buffers_.size();) {
            if (live.count(buffers_[i].second.get())) { i++; continue; }
            free_.push_back(buffers_[i]);
            buffers_.erase(buffers_.begin() + i);
        }
    }

    memory constant(const memory::desc &want, const std::vector<float> &v, const dims &d, tag t) {
        memory from({d, type::f32, t}, engine_), to(want, engine_);
        memcpy(from.get_data_handle(), v.data(), v.size() * sizeof(float));
        dnnl::reorder(from, to).execute(stream_, from, to);
        stream_.wait();
        return to;
    }

    // The value in another layout or type, multiplied by factor.
    memory convert(const memory &m, const memory::desc &want, const std::string &name, float factor = 1) {
        if (m.get_desc() == want && factor == 1) return m;
        dnnl::primitive_attr attr;
        if (factor != 1) attr.set_output_scales(0, {factor});
        memory out = place(want);
        dnnl::reorder::primitive_desc pd(engine_, m.get_desc(), engine_, want, attr);
        steps_.push_back({"reorder before " + name, dnnl::reorder(pd), {{DNNL_ARG_FROM, m}, {DNNL_ARG_TO, out}}});
        return out;
    }

    Tensor real(const Tensor &t, const std::string &name) {
        auto d = t.mem.get_desc();
        if (d.data_type() == type::f32) return t;
        return {convert(t.mem, {d.dims(), type::f32, plain(d)}, name, t.scale), 1};
    }

    Tensor quantised(const Tensor &t, const std::string &name, type to = type::u8) {
        auto d = t.mem.get_desc();
        if (d.data_type() != type::f32) return t; // the image stays signed
        float s = scaleOf(name);
        return {convert(t.mem, {d.dims(), to, plain(d)}, name, t.scale / s), s};
    }

    void emit(const Line &l, const std::string &dir) {
        if (l.kind == "input") {
            dims d{l.n[0], l.n[1], l.n[2], l.n[3]};
            memory m({d, type::f32, tag::nchw}, engine_);
            std::ifstream f(dir + "/input.bin", std::ios::binary);
            auto v = readFloats(f, m.get_desc().get_size() / sizeof(float));
            memcpy(m.get_data_handle(), v.data(), v.size() * sizeof(float));
            values_[l.out] = {m, 1};
            if (int8_) values_[l.out] = quantised(values_[l.out], l.out, type::s8);
        } else if (l.kind == "conv") {
            conv(l);
        } else if (l.kind == "fc") {
            fc(l);
        } else if (l.kind == "maxpool" || l.kind == "avgpool") {
            pool(l);
        } else if (l.kind == "lrn") {
            lrn(l);
        } else if (l.kind == "concat") {
            concat(l);
        } else if (l.kind == "softmax") {
            Tensor x = real(value(l.in[0]), l.out);
            auto d = x.mem.get_desc();
            dnnl::softmax_forward::primitive_desc pd({prop_kind::forward_inference, d, 1}, engine_);
            add(l, x, pd, dnnl::softmax_forward(pd), 1);
        } else {
            Tensor x = real(value(l.out), l.out);
            auto d = x.mem.get_desc().dims();
            result_ = convert(x.mem, {d, type::f32, d.size() == 4 ? tag::nchw : tag::nc}, l.out);
        }
    }

    // Adds the step of a primitive with one source and one destination.
    template <class Desc> void add(const Line &l, const Tensor &x, const Desc &pd, dnnl::primitive p, float scale,
                                   std::unordered_map<int, memory> more = {}) {
        memory out = place(pd.dst_desc());
        more[DNNL_ARG_SRC] = x.mem;
        more[DNNL_ARG_DST] = out;
        steps_.push_back({l.out + "  " + pd.impl_info_str(), p, more});
        values_[l.out] = {out, scale};
    }

    // Rounds weights to int8, one scale per output, and says how the accumulator becomes the output.
    std::vector<float> quantiseWeights(std::vector<float> &w, std::vector<float> &bias, float in, float out) {
        size_t k = bias.size(), each = w.size() / k;
        std::vector<float> scale(k);
        for (size_t o = 0; o < k; o++) {
            float *row = &w[o * each], top = 0;
            for (size_t i = 0; i < each; i++) top = std::max(top, std::fabs(row[i]));
            float s = top > 0 ? top / 127 : 1;
            for (size_t i = 0; i < each; i++) row[i] = std::nearbyint(row[i] / s);
            bias[o] /= in * s;
            scale[o] = in * s / out;
        }
        return scale;
    }

    void conv(const Line &l) {
        Tensor x = value(l.in[0]);
        if (int8_) x = quantised(x, l.in[0]);
        auto xd = x.mem.get_desc().dims();
        long c = xd[1], k = l.n[0], r = l.n[1], s = l.n[2], g = l.n[11];
        dims stride{l.n[3], l.n[4]}, before{l.n[5], l.n[6]}, after{l.n[7], l.n[8]}, dilation{l.n[9] - 1, l.n[10] - 1};
        long oh = (xd[2] + before[0] + after[0] - l.n[9] * (r - 1) - 1) / stride[0] + 1;
        long ow = (xd[3] + before[1] + after[1] - l.n[10] * (s - 1) - 1) / stride[1] + 1;
        auto w = readFloats(weights_, k * (c / g) * r * s), b = readFloats(weights_, k);

        dims wd = g > 1 ? dims{g, k / g, c / g, r, s} : dims{k, c, r, s};
        dnnl::primitive_attr attr;
        // A value without a scale is left in float.
        bool toFloat = int8_ && scales_.find(l.out) == scales_.end();
        float out = int8_ && !toFloat ? scaleOf(l.out) : 1;
        if (int8_) attr.set_output_scales(1 << 1, quantiseWeights(w, b, x.scale, out));
        if (l.n[12]) {
            dnnl::post_ops po;
            po.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
            attr.set_post_ops(po);
        }
        type xt = x.mem.get_desc().data_type(), wt = int8_ ? type::s8 : type::f32, ot = int8_ && !toFloat ? type::u8 : type::f32;
        tag any = int8_ ? tag::nhwc : tag::any;
        memory::desc src(xd, xt, any), weights(wd, wt, tag::any), bias({k}, type::f32, tag::x), dst({xd[0], k, oh, ow}, ot, any);
        if (!int8_ && c < 8) src = x.mem.get_desc(); // the image: as it comes, there are kernels for that
        dnnl::convolution_forward::primitive_desc pd({prop_kind::forward_inference, algorithm::convolution_auto, src, weights,
                                                      bias, dst, stride, dilation, before, after}, attr, engine_);
        x.mem = convert(x.mem, pd.src_desc(), l.out);
        add(l, x, pd, dnnl::convolution_forward(pd), out,
            {{DNNL_ARG_WEIGHTS, constant(pd.weights_desc(), w, wd, g > 1 ? tag::goihw : tag::oihw)},
             {DNNL_ARG_BIAS, constant(pd.bias_desc(), b, {k}, tag::x)}});
    }

    void fc(const Line &l) {
        Tensor x = value(l.in[0]);
        if (int8_) x = quantised(x, l.in[0]);
        auto xd = x.mem.get_desc().dims();
        long c = xd[1] * (xd.size() == 4 ? xd[2] * xd[3] : 1), k = l.n[0];
        auto w = readFloats(weights_, k * c), b = readFloats(weights_, k);
        dims wd = xd;
        wd[0] = k;
        dnnl::primitive_attr attr;
        if (int8_) attr.set_output_scales(1 << 1, quantiseWeights(w, b, x.scale, 1));
        if (l.n[1]) {
            dnnl::post_ops po;
            po.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
            attr.set_post_ops(po);
        }
        memory::desc src(xd, x.mem.get_desc().data_type(), tag::any), weights(wd, int8_ ? type::s8 : type::f32, tag::any),
            bias({k}, type::f32, tag::x), dst({xd[0], k}, type::f32, tag::nc);
        dnnl::inner_product_forward::primitive_desc pd({prop_kind::forward_inference, src, weights, bias, dst}, attr, engine_);
        x.mem = convert(x.mem, pd.src_desc(), l.out);
        add(l, x, pd, dnnl::inner_product_forward(pd), 1,
            {{DNNL_ARG_WEIGHTS, constant(pd.weights_desc(), w, wd, wd.size() == 4 ? tag::oihw : tag::oi)},
             {DNNL_ARG_BIAS, constant(pd.bias_desc(), b, {k}, tag::x)}});
    }

    void pool(const Line &l) {
        bool avg = l.kind == "avgpool";
        Tensor x = value(l.in[0]);
        // An average is much smaller than the largest of its inputs: in their scale it would be a few steps.
        if (int8_ && avg) x = real(x, l.out);
        auto d = x.mem.get_desc();
        auto xd = d.dims();
        dims window{l.n[0], l.n[1]}, stride{l.n[2], l.n[3]}, before{l.n[4], l.n[5]}, after(2);
        dims od{xd[0], xd[1], l.n[6], l.n[7]};
        for (int i = 0; i < 2; i++) after[i] = std::max(0L, long((od[2 + i] - 1) * stride[i] + window[i] - xd[2 + i] - before[i]));
        algorithm how = !avg ? algorithm::pooling_max
            : l.n[8] ? algorithm::pooling_avg_include_padding : algorithm::pooling_avg_exclude_padding;
        memory::desc dst(od, d.data_type(), int8_ ? tag::nhwc : tag::any); // a maximum keeps type and scale
        dnnl::pooling_forward::primitive_desc pd({prop_kind::forward_inference, how, d, dst, stride, window, before, after}, engine_);
        add(l, x, pd, dnnl::pooling_forward(pd), x.scale);
        if (int8_ && avg && scales_.count(l.out)) values_[l.out] = quantised(values_[l.out], l.out);
    }

    void lrn(const Line &l) {
        Tensor x = real(value(l.in[0]), l.out);
        auto d = x.mem.get_desc();
        dnnl::lrn_forward::primitive_desc pd({prop_kind::forward_inference, algorithm::lrn_across_channels, d, l.n[0], l.x[0], l.x[1],
                                              l.x[2]}, engine_);
        add(l, x, pd, dnnl::lrn_forward(pd), 1);
        if (int8_) values_[l.out] = quantised(values_[l.out], l.out);
    }

    void concat(const Line &l) {
        std::vector<memory::desc> src;
        std::unordered_map<int, memory> args;
        float scale = 1;
        for (size_t i = 0; i < l.in.size(); i++) {
            Tensor &x = value(l.in[i]);
            if (i > 0 && x.scale != scale) throw std::runtime_error("scales.txt: the operands of " + l.out + " differ in scale");
            scale = x.scale;
            src.push_back(x.mem.get_desc());
            args[DNNL_ARG_MULTIPLE_SRC + int(i)] = x.mem;
        }
        dnnl::concat::primitive_desc pd(1, src, engine_);
        memory out = place(pd.dst_desc());
        args[DNNL_ARG_DST] = out;
        steps_.push_back({l.out + "  " + pd.impl_info_str(), dnnl::concat(pd), args});
        values_[l.out] = {out, scale};
    }
};

} // namespace

int main(int argc, char **argv) try {
    if (argc != 3) throw std::runtime_error("usage: net DIR f32|int8");
    Net net(argv[1], std::string(argv[2]) == "int8");
    bool profile = getenv("GNEISS_PROFILE") != nullptr;
    auto v = dnnl_version();
    printf("ready %d.%d.%d\n", v->major, v->minor, v->patch);
    fflush(stdout);
    for (std::string request; std::getline(std::cin, request);) {
        std::istringstream s(request);
        std::string word, file;
        s >> word;
        if (word == "run") {
            int n = 0;
            s >> n;
            net.run();
            net.run();
            for (int i = 0; i < n; i++) {
                double t = now();
                if (profile) net.profile();
                else net.run();
                printf("%s%.0f", i ? " " : "", now() - t);
            }
            printf("\n");
            if (profile) net.report(n);
        } else if (word == "output" && s >> file) {
            net.run();
            net.write(file);
            printf("ok\n");
        } else {
            break;
        }
        fflush(stdout);
    }
    return 0;
} catch (const std::exception &e) {
    fprintf(stderr, "onednn: %s\n", e.what());
    return 1;
}
