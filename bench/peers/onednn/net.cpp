// net: a convolutional network on oneDNN (2.6 or 2.7), the way an application would use it: primitives made once, weights
// reordered once to the layout that the library prefers, layouts handed from layer to layer, activations and residual sums
// fused into what is before them, buffers reused by lifetime, everything executed on one in-order stream.
//
//   g++ -O2 -std=c++17 -o net net.cpp -ldnnl
//   ./net DIR f32|int8      reads DIR/net.txt, weights.bin, input.bin and, for int8, scales.txt; then obeys stdin
//
// net.txt has one operation per line: its kind, the name of its result, its operands, its numbers (see forms below).
// weights.bin has, as float32 and in the same order, the weights [K][C/G][R][S] and the K biases of each conv and fc, and
// the C scales and C shifts of each affine. input.bin is the image, [N][C][H][W] float32. scales.txt has lines
// "name scale signed": real = scale·q, q uint8 or, where signed is 1, int8. A value without a line is left in float.
//
// Requests, one per line, each answered by one line:
//   run N         run 2 + N times; answers the last N durations in nanoseconds
//   output FILE   write the results as float32, one after the other
//   quit
//
// Threads: OMP_NUM_THREADS. Instruction set: ONEDNN_MAX_CPU_ISA. GNEISS_PROFILE=1 adds each step's time on stderr.
#include <algorithm>
#include <array>
#include <chrono>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>
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
    std::vector<double> n;
    bool fused = false; // into a line before it
    long operator[](size_t i) const { return long(n[i]); }
};

// The kinds of lines: how many operands, -1 for any, and how many numbers.
const std::map<std::string, std::array<int, 2>> forms = {
    {"input", {0, 4}},    // N C H W
    {"conv", {1, 12}},    // K R S strideH strideW top left bottom right dilationH dilationW groups
    {"fc", {1, 1}},       // K
    {"maxpool", {1, 8}},  // R S strideH strideW top left outH outW
    {"avgpool", {1, 9}},  // the same, includePad
    {"lrn", {1, 4}},      // size alpha beta bias
    {"softmax", {1, 0}},  //
    {"affine", {1, 1}},   // C
    {"shuffle", {1, 1}},  // groups
    {"slice", {1, 2}},    // channels from, to
    {"concat", {-1, 0}},  //
    {"output", {0, 0}},   //
};

// Functions of one element, with two numbers, and of two.
const std::map<std::string, algorithm> functions = {
    {"relu", algorithm::eltwise_relu}, {"clip", algorithm::eltwise_clip}, {"sigmoid", algorithm::eltwise_logistic},
    {"tanh", algorithm::eltwise_tanh}, {"swish", algorithm::eltwise_swish}, {"hardswish", algorithm::eltwise_hardswish},
    {"hardsigmoid", algorithm::eltwise_linear}, {"elu", algorithm::eltwise_elu}, {"gelu", algorithm::eltwise_gelu_erf},
    {"gelutanh", algorithm::eltwise_gelu_tanh}, {"mish", algorithm::eltwise_mish}, {"softplus", algorithm::eltwise_soft_relu},
    {"exp", algorithm::eltwise_exp}, {"sqrt", algorithm::eltwise_sqrt}, {"square", algorithm::eltwise_square},
    {"abs", algorithm::eltwise_abs}};
const std::map<std::string, algorithm> arithmetic = {
    {"add", algorithm::binary_add}, {"mul", algorithm::binary_mul}, {"sub", algorithm::binary_sub},
    {"div", algorithm::binary_div}, {"max", algorithm::binary_max}, {"min", algorithm::binary_min}};

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

struct Scale {
    float scale;
    bool sign;
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
        for (at_ = 0; at_ < lines_.size(); at_++) {
            if (!lines_[at_].fused) emit(lines_[at_], dir);
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
        for (auto &m : results_) f.write(static_cast<const char *>(m.get_data_handle()), m.get_desc().get_size());
    }

  private:
    bool int8_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_;
    std::ifstream weights_;
    std::vector<Line> lines_;
    std::vector<Step> steps_;
    std::map<std::string, Tensor> values_;
    std::map<std::string, Scale> scales_;
    std::map<std::string, std::vector<size_t>> readers_; // the lines that read each value, in order
    std::vector<std::pair<size_t, std::shared_ptr<char>>> buffers_, free_; // in use, and not
    std::vector<memory> results_;
    size_t at_ = 0;

    void load(const std::string &dir) {
        std::ifstream f(dir + "/net.txt");
        if (!f) throw std::runtime_error("cannot read " + dir + "/net.txt");
        for (std::string text; std::getline(f, text);) {
            std::istringstream s(text);
            Line l;
            if (!(s >> l.kind >> l.out)) continue;
            auto it = forms.find(l.kind);
            std::array<int, 2> form{1, 2}; // of functions
            if (it != forms.end()) form = it->second;
            else if (arithmetic.count(l.kind)) form = {2, 0};
            else if (!functions.count(l.kind)) throw std::runtime_error("net.txt: unknown operation " + l.kind);
            std::string name;
            for (int i = 0; i != form[0] && s >> name; i++) l.in.push_back(name);
            l.n.resize(form[1]);
            for (auto &v : l.n) s >> v;
            if (form[0] >= 0 && !s) throw std::runtime_error("net.txt: too few numbers: " + text);
            for (auto &n : l.in) readers_[n].push_back(lines_.size());
            if (l.kind == "output") readers_[l.out].push_back(size_t(-1));
            lines_.push_back(l);
        }
        if (!int8_) return;
        std::ifstream sc(dir + "/scales.txt");
        if (!sc) throw std::runtime_error("cannot read " + dir + "/scales.txt");
        Scale v;
        for (std::string n; sc >> n >> v.scale >> v.sign;) scales_[n] = v;
    }

    Tensor &value(const std::string &name) {
        auto it = values_.find(name);
        if (it == values_.end()) throw std::runtime_error("net.txt: no value " + name);
        return it->second;
    }

    // The type and the scale in which a value is kept.
    type typeOf(const std::string &name) {
        auto it = scales_.find(name);
        return it == scales_.end() ? type::f32 : it->second.sign ? type::s8 : type::u8;
    }
    float scaleOf(const std::string &name) {
        auto it = scales_.find(name);
        return it == scales_.end() ? 1 : it->second.scale;
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

    size_t lastUse(const std::string &name) {
        auto it = readers_.find(name);
        return it == readers_.end() ? 0 : it->second.back();
    }

    // Gives back what this line's temporaries, and values not used after it, occupied.
    void release() {
        std::set<void *> live;
        for (auto it = values_.begin(); it != values_.end();) {
            if (lastUse(it->first) <= at_) it = values_.erase(it);
            else live.insert((it++)->second.mem.get_data_handle());
        }
        for (auto &m : results_) live.insert(m.get_data_handle());
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
        steps_.push_back({"reorder for " + name, dnnl::reorder(pd), {{DNNL_ARG_FROM, m}, {DNNL_ARG_TO, out}}});
        return out;
    }

    Tensor real(const Tensor &t, const std::string &name) {
        auto d = t.mem.get_desc();
        if (d.data_type() == type::f32) return t;
        return {convert(t.mem, {d.dims(), type::f32, plain(d)}, name, t.scale), 1};
    }

    // The value in the type and scale of that name.
    Tensor as(const Tensor &t, const std::string &name) {
        auto d = t.mem.get_desc();
        type to = typeOf(name);
        if (to == d.data_type() && (to == type::f32 || t.scale == scaleOf(name))) return t;
        return {convert(t.mem, {d.dims(), to, plain(d)}, name, t.scale / scaleOf(name)), scaleOf(name)};
    }

    // An operand that integers are computed with.
    Tensor quantised(const Tensor &t, const std::string &name) {
        if (t.mem.get_desc().data_type() != type::f32) return t;
        if (!scales_.count(name)) throw std::runtime_error("scales.txt: no scale for " + name);
        return as(t, name);
    }

    void emit(const Line &l, const std::string &dir) {
        if (l.kind == "input") {
            dims d{l[0], l[1], l[2], l[3]};
            memory m({d, type::f32, tag::nchw}, engine_);
            std::ifstream f(dir + "/input.bin", std::ios::binary);
            auto v = readFloats(f, m.get_desc().get_size() / sizeof(float));
            memcpy(m.get_data_handle(), v.data(), v.size() * sizeof(float));
            values_[l.out] = as({m, 1}, l.out);
        } else if (l.kind == "output") {
            Tensor x = real(value(l.out), l.out);
            auto d = x.mem.get_desc().dims();
            results_.push_back(convert(x.mem, {d, type::f32, d.size() == 4 ? tag::nchw : tag::nc}, l.out));
        } else if (functions.count(l.kind)) function(l);
        else if (arithmetic.count(l.kind)) combine(l);
        else if (l.kind == "conv") conv(l);
        else if (l.kind == "fc") fc(l);
        else if (l.kind == "maxpool" || l.kind == "avgpool") pool(l);
        else if (l.kind == "lrn") lrn(l);
        else if (l.kind == "softmax") softmax(l);
        else if (l.kind == "affine") affine(l);
        else if (l.kind == "shuffle") shuffle(l);
        else if (l.kind == "slice") slice(l);
        else if (l.kind == "concat") concat(l);
    }

    // Adds the step of a primitive with one source and one destination.
    template <class Desc> void add(const std::string &name, const Tensor &x, const Desc &pd, dnnl::primitive p, float scale,
                                   std::unordered_map<int, memory> more = {}, memory out = memory()) {
        if (!out) out = place(pd.dst_desc());
        more[DNNL_ARG_SRC] = x.mem;
        more[DNNL_ARG_DST] = out;
        steps_.push_back({name + "  " + pd.impl_info_str(), p, more});
        values_[name] = {out, scale};
    }

    // What follows a line and can be computed with it: functions, and sums with values that are there.
    struct Chain {
        std::vector<Line *> lines;
        std::string out;      // the last one's result
        std::string summand;  // the value that is added, in whose place the result comes; may be empty
    };

    Chain chain(const Line &l, const dims &d, const memory &src, size_t most) {
        Chain c;
        c.out = l.out;
        while (c.lines.size() < most) {
            auto &r = readers_[c.out];
            if (r.size() != 1 || r[0] >= lines_.size()) break;
            Line &next = lines_[r[0]];
            if (next.kind == "add" && c.summand.empty()) {
                std::string other = next.in[0] == c.out ? next.in[1] : next.in[0];
                auto v = values_.find(other);
                if (v == values_.end() || v->second.mem.get_desc().dims() != d || !spare(other, r[0], src)) break;
                c.summand = other;
            } else if (!functions.count(next.kind)) {
                break;
            }
            c.lines.push_back(&next);
            c.out = next.out;
        }
        return c;
    }

    // Reports whether a line may write its result in the place of a value: nobody else will read what is there.
    bool spare(const std::string &name, size_t line, const memory &src) {
        void *place = value(name).mem.get_data_handle();
        if (src && src.get_data_handle() == place) return false;
        for (auto &v : values_)
            if (v.second.mem.get_data_handle() == place)
                for (size_t r : readers_[v.first])
                    if (r > at_ && r != line) return false;
        return lines_[0].kind != "input" || name != lines_[0].out;
    }

    // The factor of the accumulator of a chain that makes its result, and the post-operations. Functions that commute
    // with a factor are computed in the result's scale, others in real numbers; the last of these is followed by 1/scale.
    float postOps(const Chain &c, dnnl::primitive_attr &attr) {
        float s = scaleOf(c.out), unit = s;
        size_t last = c.lines.size(); // the last function that does not commute
        for (size_t i = 0; i < c.lines.size(); i++) {
            auto &k = c.lines[i]->kind;
            if (k != "add" && k != "relu" && k != "clip" && k != "hardsigmoid" && k != "abs") last = i, unit = 1;
        }
        float first = unit;
        dnnl::post_ops po;
        for (size_t i = 0; i < c.lines.size(); i++) {
            auto &l = *c.lines[i];
            if (l.kind == "add") {
                Tensor &t = value(c.summand);
                po.append_sum(t.scale / unit, int8_ ? t.mem.get_desc().data_type() : type::undef);
                continue;
            }
            float scale = 1, a = l.n[0], b = l.n[1];
            if (i == last) scale = 1 / s;
            if (l.kind == "clip") a = std::max(a / unit, -FLT_MAX), b = std::min(b / unit, FLT_MAX);
            if (l.kind == "hardsigmoid") b /= unit;
            po.append_eltwise(scale, functions.at(l.kind), a, b);
            if (l.kind == "hardsigmoid") po.append_eltwise(1, algorithm::eltwise_clip, 0, 1 / unit);
            if (i == last) unit = s;
        }
        attr.set_post_ops(po);
        return first;
    }

    // Makes a primitive of the longest chain that the library has a fast implementation of; make(chain, attr, factor).
    template <class Make> auto fuse(const Line &l, const dims &d, const memory &src, Make make) {
        for (size_t most = 8;;) {
            Chain c = chain(l, d, src, most);
            dnnl::primitive_attr attr;
            float unit = postOps(c, attr);
            try {
                auto pd = make(c, attr, unit);
                if (c.lines.empty() || std::string(pd.impl_info_str()).find("ref") == std::string::npos) {
                    for (auto *x : c.lines) x->fused = true;
                    return std::make_pair(c, pd);
                }
            } catch (const dnnl::error &) {
                if (c.lines.empty()) throw;
            }
            most = c.lines.size() - 1;
        }
    }

    // Where a chain's result comes: in the place of what is added, if anything is.
    memory target(const Chain &c, const memory::desc &d) {
        if (c.summand.empty()) return place(d);
        memory m = value(c.summand).mem;
        auto have = m.get_desc();
        if (have.data_type() == d.data_type()) return convert(m, d, c.out);
        memory::desc same(d.dims(), have.data_type(), plain(d)); // int8 of other sign: as bytes
        return memory(d, engine_, convert(m, same, c.out).get_data_handle());
    }

    // Rounds weights to int8, one scale per output; returns what makes the accumulator a number in units.
    std::vector<float> quantiseWeights(std::vector<float> &w, std::vector<float> &bias, float in) {
        size_t k = bias.size(), each = w.size() / k;
        std::vector<float> scale(k);
        for (size_t o = 0; o < k; o++) {
            float *row = &w[o * each], top = 0;
            for (size_t i = 0; i < each; i++) top = std::max(top, std::fabs(row[i]));
            float s = top > 0 ? top / 127 : 1;
            for (size_t i = 0; i < each; i++) row[i] = std::nearbyint(row[i] / s);
            bias[o] /= in * s;
            scale[o] = in * s;
        }
        return scale;
    }

    static std::vector<float> over(std::vector<float> v, float unit) {
        for (auto &x : v) x /= unit;
        return v;
    }

    void conv(const Line &l) {
        Tensor x = value(l.in[0]);
        if (int8_) x = quantised(x, l.in[0]);
        auto xd = x.mem.get_desc().dims();
        long c = xd[1], k = l[0], r = l[1], s = l[2], g = l[11];
        dims stride{l[3], l[4]}, before{l[5], l[6]}, after{l[7], l[8]}, dilation{l[9] - 1, l[10] - 1};
        long oh = (xd[2] + before[0] + after[0] - l[9] * (r - 1) - 1) / stride[0] + 1;
        long ow = (xd[3] + before[1] + after[1] - l[10] * (s - 1) - 1) / stride[1] + 1;
        auto w = readFloats(weights_, k * (c / g) * r * s), b = readFloats(weights_, k);
        std::vector<float> scale(k, 1);
        if (int8_) scale = quantiseWeights(w, b, x.scale);

        dims wd = g > 1 ? dims{g, k / g, c / g, r, s} : dims{k, c, r, s}, od{xd[0], k, oh, ow};
        tag any = int8_ ? tag::nhwc : tag::any;
        type wt = int8_ ? type::s8 : type::f32;
        memory::desc src(xd, x.mem.get_desc().data_type(), any), weights(wd, wt, tag::any), bias({k}, type::f32, tag::x);
        if (!int8_ && c < 8) src = x.mem.get_desc(); // the image: as it comes, there are kernels for that
        auto [ch, pd] = fuse(l, od, x.mem, [&](const Chain &ch, dnnl::primitive_attr &attr, float unit) {
            if (int8_) attr.set_output_scales(1 << 1, over(scale, unit));
            memory::desc dst(od, typeOf(ch.out), any);
            return dnnl::convolution_forward::primitive_desc({prop_kind::forward_inference, algorithm::convolution_auto, src,
                weights, bias, dst, stride, dilation, before, after}, attr, engine_);
        });
        x.mem = convert(x.mem, pd.src_desc(), l.out);
        add(ch.out, x, pd, dnnl::convolution_forward(pd), scaleOf(ch.out),
            {{DNNL_ARG_WEIGHTS, constant(pd.weights_desc(), w, wd, g > 1 ? tag::goihw : tag::oihw)},
             {DNNL_ARG_BIAS, constant(pd.bias_desc(), b, {k}, tag::x)}}, target(ch, pd.dst_desc()));
    }

    void fc(const Line &l) {
        Tensor x = value(l.in[0]);
        if (int8_) x = quantised(x, l.in[0]);
        auto xd = x.mem.get_desc().dims();
        long c = xd[1] * (xd.size() == 4 ? xd[2] * xd[3] : 1), k = l[0];
        auto w = readFloats(weights_, k * c), b = readFloats(weights_, k);
        std::vector<float> scale(k, 1);
        if (int8_) scale = quantiseWeights(w, b, x.scale);
        dims wd = xd;
        wd[0] = k;
        memory::desc src(xd, x.mem.get_desc().data_type(), tag::any), weights(wd, int8_ ? type::s8 : type::f32, tag::any),
            bias({k}, type::f32, tag::x);
        auto [ch, pd] = fuse(l, {xd[0], k}, x.mem, [&](const Chain &ch, dnnl::primitive_attr &attr, float unit) {
            if (int8_) attr.set_output_scales(1 << 1, over(scale, unit));
            memory::desc dst({xd[0], k}, typeOf(ch.out), tag::nc);
            return dnnl::inner_product_forward::primitive_desc({prop_kind::forward_inference, src, weights, bias, dst}, attr,
                engine_);
        });
        x.mem = convert(x.mem, pd.src_desc(), l.out);
        add(ch.out, x, pd, dnnl::inner_product_forward(pd), scaleOf(ch.out),
            {{DNNL_ARG_WEIGHTS, constant(pd.weights_desc(), w, wd, wd.size() == 4 ? tag::oihw : tag::oi)},
             {DNNL_ARG_BIAS, constant(pd.bias_desc(), b, {k}, tag::x)}}, target(ch, pd.dst_desc()));
    }

    // A function that nothing before it could take up; integers have none.
    void function(const Line &l) {
        Tensor x = real(value(l.in[0]), l.out);
        auto d = x.mem.get_desc();
        dnnl::primitive_attr attr;
        if (l.kind == "hardsigmoid") {
            dnnl::post_ops po;
            po.append_eltwise(1, algorithm::eltwise_clip, 0, 1);
            attr.set_post_ops(po);
        }
        float a = std::max(l.n[0], double(-FLT_MAX)), b = std::min(l.n[1], double(FLT_MAX));
        dnnl::eltwise_forward::primitive_desc pd({prop_kind::forward_inference, functions.at(l.kind), d, a, b}, attr, engine_);
        add(l.out, x, pd, dnnl::eltwise_forward(pd), 1);
        values_[l.out] = as(values_[l.out], l.out);
    }

    // Two values element by element; one of them may be a number for each channel.
    void combine(const Line &l) {
        Tensor x = value(l.in[0]), y = value(l.in[1]);
        bool swaps = l.kind != "sub" && l.kind != "div";
        auto size = [](const Tensor &t) { long n = 1; for (long v : t.mem.get_desc().dims()) n *= v; return n; };
        if (size(x) < size(y) && swaps) std::swap(x, y);
        auto d = x.mem.get_desc(), yd = y.mem.get_desc();
        memory::desc second(yd.dims(), yd.data_type(), plain(yd));
        for (tag t : {tag::nChw16c, tag::nChw8c, tag::nchw}) // as the first one lies
            if (d.dims().size() == 4 && memory::desc(d.dims(), d.data_type(), t) == d) second = {yd.dims(), yd.data_type(), t};
        algorithm how = arithmetic.at(l.kind);
        auto [ch, pd] = fuse(l, d.dims(), memory(), [&](const Chain &ch, dnnl::primitive_attr &attr, float unit) {
            if (!ch.summand.empty()) throw dnnl::error(dnnl_unimplemented, "a sum of three");
            if (int8_ && how == algorithm::binary_mul) attr.set_scales(DNNL_ARG_SRC_0, 0, {x.scale * y.scale / unit});
            else if (int8_ && how == algorithm::binary_div) attr.set_scales(DNNL_ARG_SRC_0, 0, {x.scale / y.scale / unit});
            else if (int8_) attr.set_scales(DNNL_ARG_SRC_0, 0, {x.scale / unit}), attr.set_scales(DNNL_ARG_SRC_1, 0, {y.scale / unit});
            memory::desc dst(d.dims(), typeOf(ch.out), int8_ ? plain(d) : tag::any);
            return dnnl::binary::primitive_desc({how, d, second, dst}, attr, engine_);
        });
        memory other = convert(y.mem, second, l.out);
        add(ch.out, x, pd, dnnl::binary(pd), scaleOf(ch.out), {{DNNL_ARG_SRC_1, other}});
    }

    // A scale and a shift per channel, as the normalisation that has them, with the ReLU after it. Of integers oneDNN
    // normalises int8.
    void affine(const Line &l) {
        Tensor x = value(l.in[0]);
        long c = l[0];
        auto scale = readFloats(weights_, c), shift = readFloats(weights_, c);
        std::string out = l.out;
        auto flags = dnnl::normalization_flags::use_global_stats | dnnl::normalization_flags::use_scale_shift;
        auto &r = readers_[out];
        if (r.size() == 1 && r[0] < lines_.size() && lines_[r[0]].kind == "relu" && lines_[r[0]].n[0] == 0) {
            lines_[r[0]].fused = true;
            out = lines_[r[0]].out;
            flags |= dnnl::normalization_flags::fuse_norm_relu;
        }
        bool bytes = x.mem.get_desc().data_type() == type::s8 && typeOf(out) == type::s8;
        if (!bytes) x = real(x, l.out);
        for (long i = 0; i < c; i++)
            if (bytes) scale[i] *= x.scale / scaleOf(out), shift[i] /= scaleOf(out);
        dnnl::batch_normalization_forward::primitive_desc pd({prop_kind::forward_inference, x.mem.get_desc(), 0, flags}, engine_);
        std::vector<float> both = scale;
        both.insert(both.end(), shift.begin(), shift.end());
        add(out, x, pd, dnnl::batch_normalization_forward(pd), bytes ? scaleOf(out) : 1,
            {{DNNL_ARG_MEAN, constant(pd.mean_desc(), std::vector<float>(c, 0), {c}, tag::x)},
             {DNNL_ARG_VARIANCE, constant(pd.variance_desc(), std::vector<float>(c, 1), {c}, tag::x)},
             {DNNL_ARG_SCALE_SHIFT, constant(pd.weights_desc(), both, {2, c}, tag::nc)}});
        if (!bytes) values_[out] = as(values_[out], out);
    }

    void pool(const Line &l) {
        bool avg = l.kind == "avgpool";
        Tensor x = value(l.in[0]);
        auto d = x.mem.get_desc();
        auto xd = d.dims();
        dims window{l[0], l[1]}, stride{l[2], l[3]}, before{l[4], l[5]}, after(2);
        dims od{xd[0], xd[1], l[6], l[7]};
        for (int i = 0; i < 2; i++) after[i] = std::max(0L, long((od[2 + i] - 1) * stride[i] + window[i] - xd[2 + i] - before[i]));
        algorithm how = !avg ? algorithm::pooling_max
            : l[8] ? algorithm::pooling_avg_include_padding : algorithm::pooling_avg_exclude_padding;
        memory::desc dst(od, d.data_type(), int8_ ? tag::nhwc : tag::any); // it keeps type and scale
        dnnl::pooling_forward::primitive_desc pd({prop_kind::forward_inference, how, d, dst, stride, window, before, after}, engine_);
        add(l.out, x, pd, dnnl::pooling_forward(pd), x.scale);
        values_[l.out] = as(values_[l.out], l.out);
    }

    void softmax(const Line &l) {
        Tensor x = real(value(l.in[0]), l.out);
        dnnl::softmax_forward::primitive_desc pd({prop_kind::forward_inference, x.mem.get_desc(), 1}, engine_);
        add(l.out, x, pd, dnnl::softmax_forward(pd), 1);
    }

    void lrn(const Line &l) {
        Tensor x = real(value(l.in[0]), l.out);
        auto d = x.mem.get_desc();
        dnnl::lrn_forward::primitive_desc pd({prop_kind::forward_inference, algorithm::lrn_across_channels, d, l[0],
                                              float(l.n[1]), float(l.n[2]), float(l.n[3])}, engine_);
        add(l.out, x, pd, dnnl::lrn_forward(pd), 1);
        values_[l.out] = as(values_[l.out], l.out);
    }

    // Takes a channel of each group in turn.
    void shuffle(const Line &l) {
        Tensor x = value(l.in[0]);
        dnnl::shuffle_forward::primitive_desc pd({prop_kind::forward_inference, x.mem.get_desc(), 1, int(x.mem.get_desc().dims()[1] / l[0])}, engine_);
        add(l.out, x, pd, dnnl::shuffle_forward(pd), x.scale);
    }

    // Some channels, as a view where the layout has one; what reads it brings it into the layout that it wants.
    void slice(const Line &l) {
        Tensor x = value(l.in[0]);
        auto d = x.mem.get_desc();
        dims part = d.dims(), from(part.size(), 0);
        part[1] = l[1] - l[0];
        from[1] = l[0];
        memory::desc view = d.submemory_desc(part, from, true);
        if (!view) {
            memory flat = convert(x.mem, {d.dims(), d.data_type(), plain(d)}, l.out);
            values_[l.in[0]].mem = x.mem = flat; // the other parts need not do it again
            view = flat.get_desc().submemory_desc(part, from);
        }
        values_[l.out] = {memory(view, engine_, x.mem.get_data_handle()), x.scale};
    }

    void concat(const Line &l) {
        std::vector<memory::desc> src;
        std::unordered_map<int, memory> args;
        float scale = 1;
        for (size_t i = 0; i < l.in.size(); i++) {
            Tensor x = as(value(l.in[i]), l.out);
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
