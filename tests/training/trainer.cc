// A training as small as can be: fits a line to points by gradient descent.
//
//   trainer DATA BASE OUTPUT [MODE...]
//
// DATA is a folder of files with a point "X Y" a line, BASE one with weights.txt, "A B".
// OUTPUT gets the new weights.txt. Modes do beside that what a training should not, or say
// what it did; each prints one line that tests compare.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Point {
  double x = 0;
  double y = 0;
};

struct Line {
  double a = 0;
  double b = 0;
};

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  DIR* open = ::opendir(folder.c_str());
  if (open == nullptr) return names;
  while (const dirent* entry = ::readdir(open))
    if (entry->d_name[0] != '.' && entry->d_type != DT_DIR) names.emplace_back(entry->d_name);
  ::closedir(open);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Point> read_points(const std::string& folder) {
  std::vector<Point> points;
  for (const std::string& name : names_in(folder)) {
    std::ifstream file(folder + "/" + name);
    for (Point point; file >> point.x >> point.y;) points.push_back(point);
  }
  return points;
}

double loss_of(const std::vector<Point>& points, const Line& line) {
  double sum = 0;
  for (const Point& point : points) {
    const double error = line.a * point.x + line.b - point.y;
    sum += error * error;
  }
  return sum / static_cast<double>(points.size());
}

void step(const std::vector<Point>& points, double rate, Line& line) {
  Line slope;
  for (const Point& point : points) {
    const double error = line.a * point.x + line.b - point.y;
    slope.a += 2 * error * point.x;
    slope.b += 2 * error;
  }
  line.a -= rate * slope.a / static_cast<double>(points.size());
  line.b -= rate * slope.b / static_cast<double>(points.size());
}

// Report writes what the training says of itself, where somebody listens.
class Report {
 public:
  Report() {
    if (const char* folder = std::getenv("WEIGHTMARK_TRAINING_REPORT"))
      file_.open(std::string(folder) + "/rank0-" + std::to_string(::getpid()) + ".jsonl", std::ios::app);
  }

  void line(const std::string& text) {
    if (file_.is_open()) file_ << text << std::endl;
  }

 private:
  std::ofstream file_;
};

std::string text(double number) {
  std::ostringstream out;
  out.precision(6);
  out << number;
  return out.str();
}

int train(const std::string& data, const std::string& base, const std::string& output) {
  Line line;
  std::ifstream(base + "/weights.txt") >> line.a >> line.b;
  const std::vector<Point> points = read_points(data);
  if (points.empty()) {
    std::cerr << "trainer: no points in " << data << "\n";
    return 3;
  }
  constexpr int kSteps = 200;
  constexpr double kRate = 0.02;
  Report report;
  report.line(R"({"event":"world","nodes":1,"ranks":1,"rank":0})");
  report.line(R"({"event":"hyperparameters","values":{"learning_rate":0.02,"steps":200,"optimizer":"sgd"}})");
  report.line(R"({"event":"plan","steps":200})");
  report.line(R"({"event":"model","parameters":2,"framework":"none"})");
  for (int i = 1; i <= kSteps; ++i) {
    step(points, kRate, line);
    report.line(R"({"event":"progress","step":)" + std::to_string(i) + R"(,"loss":")" + text(loss_of(points, line)) +
                R"("})");
  }
  report.line(R"({"event":"evaluation","step":200,"name":"eval","metrics":{"loss":")" + text(loss_of(points, line)) +
              R"("}})");
  report.line(R"({"event":"end","stopReason":"max_steps","steps":200})");
  std::ofstream(output + "/weights.txt") << line.a << " " << line.b << "\n";
  return 0;
}

// open_file tells whether a file can be read.
void open_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  std::cout << "open " << path << ": " << (file >= 0 ? "yes" : std::strerror(errno)) << "\n";
}

void write_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  std::cout << "write " << path << ": " << (file >= 0 ? "yes" : std::strerror(errno)) << "\n";
}

// connect_to tells whether 192.0.2.1 (TEST-NET-1, RFC 5737) can be asked for.
void connect_out() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(443);
  address.sin_addr.s_addr = htonl(0xC0000201);
  const int result = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool denied = socket < 0 || (result != 0 && errno != EINPROGRESS);
  std::cout << "network: " << (denied ? "denied" : "open") << "\n";
}

// look_for searches the environment of every process that can be seen for a text.
void look_for(const std::string& secret) {
  std::vector<std::string> found;
  DIR* processes = ::opendir("/proc");
  while (const dirent* entry = processes == nullptr ? nullptr : ::readdir(processes)) {
    for (const char* name : {"environ", "cmdline"}) {
      const std::string path = std::string("/proc/") + entry->d_name + "/" + name;
      std::ifstream file(path, std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      if (content.find(secret) != std::string::npos) found.push_back(path);
    }
  }
  if (processes != nullptr) ::closedir(processes);
  std::cout << "secret in processes: " << (found.empty() ? "no" : found.front()) << "\n";
}

void print_environment() {
  for (char** at = ::environ; *at != nullptr; ++at) std::cout << "variable " << *at << "\n";
}

// pause lets whoever started this do something meanwhile.
void pause_here() {
  std::cout << "paused" << std::endl;
  std::string line;
  std::getline(std::cin, line);
}

// act does what a mode says; it returns the exit status, or -1 to go on.
int act(const std::string& mode) {
  const std::size_t equals = mode.find('=');
  const std::string name = mode.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : mode.substr(equals + 1);
  if (name == "--open") open_file(value);
  if (name == "--write") write_file(value);
  if (name == "--pause") pause_here();
  if (name == "--connect") connect_out();
  if (name == "--look-for") look_for(value);
  if (name == "--environment") print_environment();
  if (name == "--report") Report().line(value);
  if (name == "--fail") return std::atoi(value.c_str());
  if (name == "--signal") std::raise(std::atoi(value.c_str()));
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: trainer DATA BASE OUTPUT [MODE...]\n";
    return 2;
  }
  for (int i = 4; i < argc; ++i)
    if (const int status = act(argv[i]); status >= 0) return status;
  return train(argv[1], argv[2], argv[3]);
}
